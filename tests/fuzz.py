"""Random networks, compared with autograd: python tests/fuzz.py --count 2000 [--seed N]

Each network is grown from blocks in many spellings (`fuzzing/`), and must come out right, forward and down in float64,
or be refused with operator and line. The seed is today's date unless one is given. What is wrong is printed as
SEED:NUMBER with the network's source; `--only SEED:NUMBER` judges that one again, and `--only SEED:NUMBER:PARTS` its
first parts alone. Exits with 1 if anything is wrong.
"""

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

import torch
from fuzzing.growing import Grown, grow
from fuzzing.judging import Verdict, judge
from tqdm import tqdm


def judged(seed: int, number: int) -> Verdict:
    """The verdict on one network; if it is wrong, on as few of its first parts as are wrong, too."""
    verdict = judge(grow(seed, number))
    parts = 0
    while verdict.wrong and parts < 8:
        shorter = judge(grow(seed, number, parts))
        if shorter.wrong:
            return shorter
        parts += 1
    return verdict


def shown(grown: Grown, verdict: Verdict) -> str:
    """A network with both its texts, and what is wrong with it."""
    numbered = (f"{n:4d}  {line}" for n, line in enumerate(grown.source.splitlines(), 1))
    said = [f"{grown.label}: {wrong}" for wrong in verdict.wrong or [verdict.kind, *verdict.refusals]]
    again = f"python tests/fuzz.py --only {grown.label}"
    return "\n".join([*numbered, "", grown.meaning, *said, f"again: {again}"])


def table(verdicts: Iterable[Verdict], seed: int) -> str:
    """What came of them, counted."""
    verdicts = list(verdicts)
    kinds = Counter(verdict.kind for verdict in verdicts)
    reasons = Counter(reason for verdict in verdicts for reason in set(verdict.refusals))
    layers, units, lively = (sum(getattr(v, name) for v in verdicts) for name in ("layers", "units", "lively"))
    rows = [f"{kinds[kind]:6d}  {kind}" for kind in ("right", "refused in part", "refused", "wrong")]
    rows.append(f"of {len(verdicts)} networks of seed {seed}; largest error {max(v.error for v in verdicts):.0e} over")
    rows.append(f"{layers} layers and {units} projections, {units - lively} of which are zero")
    tied = sum(verdict.tied for verdict in verdicts)
    rows += [f"{tied} layers that hang on a choice between equals, and differ by that, are not counted"] * bool(tied)
    rows += ["networks with refusals, by reason:"] * bool(reasons)
    rows += [f"{count:6d}  {reason}" for reason, count in reasons.most_common()]
    rows += ["wrong: " + ", ".join(v.label for v in verdicts if v.wrong)] * bool(kinds["wrong"])
    return "\n".join(rows)


def _label(text: str) -> tuple[int, ...]:
    numbers = tuple(map(int, text.split(":")))
    if len(numbers) not in (2, 3):
        raise ValueError(text)
    return numbers


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="how many networks (200)")
    parser.add_argument("--seed", type=int, default=int(datetime.now(UTC).strftime("%Y%m%d")), help="today's date")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (all cores)")
    parser.add_argument("--only", type=_label, metavar="SEED:NUMBER", help="show and judge this one")
    asked = parser.parse_args()
    if asked.only:
        grown = grow(*asked.only)
        verdict = judge(grown)
        print(shown(grown, verdict))
        return bool(verdict.wrong)
    print(f"seed {asked.seed}", file=sys.stderr, flush=True)
    verdicts = []
    with multiprocessing.get_context("spawn").Pool(asked.workers, torch.set_num_threads, (1,)) as pool:
        coming = pool.imap_unordered(partial(judged, asked.seed), range(asked.count), chunksize=4)
        for verdict in tqdm(coming, total=asked.count, unit="network", disable=None):
            verdicts.append(verdict)
            if len(verdicts) % 100 == 0 and not sys.stderr.isatty():  # where tqdm keeps still
                so_far = Counter(one.kind for one in verdicts)
                print(f"{len(verdicts)} of {asked.count}: {dict(so_far)}", file=sys.stderr, flush=True)
            if verdict.wrong:
                tqdm.write(shown(grow(*_label(verdict.label)), verdict) + "\n", file=sys.stdout)
                sys.stdout.flush()
    print(table(verdicts, asked.seed))
    return any(verdict.wrong for verdict in verdicts)


if __name__ == "__main__":
    raise SystemExit(main())
