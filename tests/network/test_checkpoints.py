"""Weights from files: a state dict is found however it is wrapped; what does not fit, or is none, is one line."""

import argparse
import json
import os
import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from deconvviz.errors import UnusableWeights
from deconvviz.network.checkpoints import read_checkpoint, split_place
from deconvviz.network.safetensors import DTYPES, is_safetensors, read_safetensors

pytestmark = pytest.mark.quick

State = dict[str, Tensor]


def network() -> nn.Module:
    parts = {"conv": nn.Conv2d(3, 4, 3), "norm": nn.BatchNorm2d(4), "block": nn.Sequential(nn.Conv2d(4, 2, 1))}
    return nn.Sequential(OrderedDict(parts))


def trained(seed: int) -> State:
    torch.manual_seed(seed)
    return {n: torch.rand_like(t) if t.is_floating_point() else t for n, t in network().state_dict().items()}


def below(prefix: str, state: State) -> State:
    return {prefix + name: tensor for name, tensor in state.items()}


HERS, OTHERS = trained(1), trained(2)
MOMENTS = {"exp_avg": torch.zeros(4, 3, 3, 3), "step": torch.tensor(3.0)}
OPTIMIZER = {"state": {0: MOMENTS}, "param_groups": [{"lr": 0.1}]}

WRAPPED: dict[str, tuple[Any, str]] = {
    "plain": (HERS, ""),
    "with numbers beside": (HERS | {"epoch": 3}, ""),
    "state_dict": ({"state_dict": HERS, "epoch": 3, "optimizer": OPTIMIZER}, ""),
    "model": ({"model": HERS}, ""),
    "model_state_dict": ({"epoch": 3, "model_state_dict": HERS, "optimizer_state_dict": OPTIMIZER, "loss": 0.5}, ""),
    "net": ({"net": HERS, "acc": 93.1}, ""),
    "ema alone": ({"ema": HERS, "updates": 7}, ""),
    "a word of one's own": ({"weights_of_tuesday": HERS}, ""),
    "several deep": ({"checkpoint": {"models": {"generator": HERS}}}, ""),
    "DataParallel": (below("module.", HERS), ""),
    "torch.compile": ({"model": below("_orig_mod.", HERS)}, ""),
    "DistributedDataParallel and torch.compile": (below("module._orig_mod.", HERS), ""),
    "Lightning": ({"state_dict": below("net.", HERS) | {"loss.weight": torch.ones(3)}, "callbacks": {}}, ""),
    "an averaged model": (below("module.", HERS) | {"n_averaged": torch.tensor(3)}, ""),
    "scripts' arguments beside": ({"model": HERS, "args": argparse.Namespace(lr=0.1)}, ""),
    "other parts beside": ({"model": HERS, "head": {"fc.weight": torch.ones(2, 2)}}, ""),
    "an average beside": ({"model_ema": OTHERS, "model": HERS}, ":model"),
    "an average of averages beside": ({"state_dict_ema": below("module.", OTHERS), "state_dict": HERS}, ":state_dict"),
    "an average by its words": ({"model-ema": OTHERS, "remap.net": HERS}, ":remap.net"),
    "ema in a word": ({"semantic": HERS, "other": OTHERS}, ":semantic"),
    "a teacher beside": ({"student": HERS, "teacher": OTHERS}, ":student"),
    "two below one roof": ({"state_dict": below("a.", HERS) | below("b.", OTHERS)}, ":state_dict.a"),
    "without counts": ({n: t for n, t in HERS.items() if "num_batches" not in n}, ""),
    "in half precision": ({n: t.half() if t.is_floating_point() else t for n, t in HERS.items()}, ""),
}


@pytest.mark.parametrize("how", WRAPPED)
def test_a_state_dict_is_found(how: str, tmp_path: Path) -> None:
    content, place = WRAPPED[how]
    torch.save(content, tmp_path / "w.pth")
    net = network()
    assert read_checkpoint(str(tmp_path / "w.pth")).load_into(net) == f"w.pth{place}"
    for name, tensor in net.state_dict().items():
        assert torch.allclose(tensor, HERS[name], atol=0.001 if "half" in how else 0)


def test_one_of_several_is_asked_for(tmp_path: Path) -> None:
    file = str(tmp_path / "w.pth")
    torch.save({"model": HERS, "model_ema": below("module.", OTHERS)}, file)
    for asked in ("model_ema", "model_ema.module"):
        net = network()
        assert read_checkpoint(f"{file}:{asked}").load_into(net) == "w.pth:model_ema.module"
        assert torch.equal(net.state_dict()["conv.weight"], OTHERS["conv.weight"])
    with pytest.raises(UnusableWeights, match="no state dict 'modl'; nearest: model"):
        read_checkpoint(f"{file}:modl").load_into(network())
    (tmp_path / "a:b.pth").touch()
    assert split_place(str(tmp_path / "a:b.pth")) == (str(tmp_path / "a:b.pth"), "")


def changed(**other: Tensor | None) -> State:
    state = HERS | {name.replace("__", "."): tensor for name, tensor in other.items() if tensor is not None}
    return {name: t for name, t in state.items() if other.get(name.replace(".", "__"), 0) is not None}


MISFITS: dict[str, tuple[Callable[[], Any], str]] = {
    "missing": (lambda: changed(conv__bias=None), r"1 missing \(conv.bias\)$"),
    "unknown": (lambda: changed(extra=torch.ones(1)), r"1 unknown \(extra\)$"),
    "of another shape": (
        lambda: changed(conv__bias=torch.ones(3)),
        r"1 of another shape \(conv.bias \(3,\) instead of \(4,\)\)$",
    ),
    "misspelt": (
        lambda: {name.replace("conv.", "cnov."): tensor for name, tensor in HERS.items()},
        r"2 missing \(conv.weight, conv.bias\); 2 unknown \(cnov.weight, cnov.bias\); "
        r"nearest to conv.weight: cnov.weight",
    ),
    "in a wrapper": (
        lambda: {"model": changed(conv__bias=None)},
        r"\(its model\) does not fit Sequential: 1 miss",
    ),
    "of whole numbers": (lambda: changed(conv__weight=torch.ones(4, 3, 3, 3, dtype=torch.int8)), "conv.weight int8"),
    "sparse": (lambda: changed(conv__bias=torch.ones(4).to_sparse()), "conv.bias sparse_coo"),
    "without values": (lambda: changed(conv__bias=torch.ones(4, device="meta")), "conv.bias without values"),
    "quantised": (
        lambda: changed(conv__bias=torch.quantize_per_tensor(torch.ones(4), 1.0, 0, torch.qint8)),
        "conv.bias quantised",
    ),
    "of another network": (lambda: {f"x{n}": torch.ones(1) for n in range(5)}, r"5 unknown \(x0, x1, x2, …\)"),
}


@pytest.mark.parametrize("what", MISFITS)
def test_what_does_not_fit_is_one_line_and_nothing_is_loaded(what: str, tmp_path: Path) -> None:
    make, says = MISFITS[what]
    torch.save(make(), tmp_path / "w.pth")
    net = network()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    with pytest.raises(UnusableWeights, match=says) as caught:
        read_checkpoint(str(tmp_path / "w.pth")).load_into(net)
    assert "\n" not in str(caught.value)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_weights_of_lazy_modules(tmp_path: Path) -> None:
    made = nn.Sequential(nn.Conv2d(3, 4, 3))
    torch.save(made.state_dict(), tmp_path / "w.pth")
    lazy = nn.Sequential(nn.LazyConv2d(4, 3))
    read_checkpoint(str(tmp_path / "w.pth")).load_into(lazy)
    assert torch.equal(lazy[0].weight, made[0].weight)


class Harm:
    def __reduce__(self) -> object:
        return (Path.touch, (Path("harm-was-done"),))


def test_a_pickle_that_wants_to_run_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": Harm()}, "harm.pth")
    torch.save(network(), "net.pth")
    Path("raw.pth").write_bytes(pickle.dumps(Harm()))
    says = {
        "harm.pth": r"refused, it holds (builtins\.)?getattr beside",
        "net.pth": r"it holds torch.nn\S*Sequential",
        "raw.pth": "tensors alone",
    }
    for name, what in says.items():
        with pytest.raises(UnusableWeights, match=f"{name}: .*{what}") as caught:
            read_checkpoint(name)
        assert "\n" not in str(caught.value)
    assert not Path("harm-was-done").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04broken", bytes(range(256))])
def test_files_that_are_no_checkpoint(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(UnusableWeights, match=r"w\.pth: is no PyTorch checkpoint") as caught:
        read_checkpoint(str(tmp_path / "w.pth"))
    assert "\n" not in str(caught.value)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    torch.save([1, 2], tmp_path / "list.pth")
    for name, says in (("", "is a folder"), ("pipe", "no regular file"), ("list.pth", "holds no state dict")):
        with pytest.raises(UnusableWeights, match=says):
            read_checkpoint(str(tmp_path / name))


# --- safetensors ----------------------------------------------------------------------------------------


def test_safetensors_are_read_as_their_library_reads_them(tmp_path: Path) -> None:
    tensors = {f"{name}.weight": torch.arange(6).view(2, 3).to(dtype) for name, dtype in DTYPES.items()}
    tensors |= {"none": torch.empty(0, 3), "one": torch.tensor(2.5), "odd": torch.ones(3, dtype=torch.uint8)}
    safetensors.torch.save_file(tensors, tmp_path / "w.safetensors", metadata={"format": "pt"})
    read = read_safetensors(tmp_path / "w.safetensors")
    theirs = safetensors.torch.load_file(tmp_path / "w.safetensors")
    assert read.keys() == theirs.keys()
    for name, tensor in theirs.items():
        assert (read[name].dtype, read[name].shape) == (tensor.dtype, tensor.shape)
        assert read[name].contiguous().view(-1).view(torch.uint8).equal(tensor.contiguous().view(-1).view(torch.uint8))


def test_weights_in_safetensors(tmp_path: Path) -> None:
    safetensors.torch.save_file(below("model.", HERS), tmp_path / "any.name")
    net = network()
    assert read_checkpoint(str(tmp_path / "any.name")).load_into(net) == "any.name"
    assert torch.equal(net.state_dict()["conv.weight"], HERS["conv.weight"])


def stored(header: Any, tensors: bytes = bytes(8)) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + tensors


def entry(start: Any = 0, end: Any = 8, shape: Any = (2,), dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


DAMAGED: dict[str, bytes] = {
    "beyond the end": stored({"a": entry(0, 16, (4,))}),
    "another size": stored({"a": entry(shape=(3,))}),
    "bytes left over": stored({"a": entry(0, 4, (1,))}),
    "two in one place": stored({"a": entry(), "b": entry()}),
    "a gap": stored({"a": entry(0, 4, (1,)), "b": entry(8, 12, (1,))}, bytes(12)),
    "backwards": stored({"a": entry(8, 0)}),
    "negative": stored({"a": entry(-8, 0)}),
    "negative sizes": stored({"a": entry(shape=(-1, -2))}),
    "fractions": stored({"a": entry(0.0, 8.0)}),
    "true": stored({"a": entry(0, 4, (True,))}, bytes(4)),
    "an unknown type": stored({"a": entry(dtype="F7")}),
    "huge": stored({"a": entry(shape=(2**62, 2**62))}),
    "no offsets": stored({"a": {"dtype": "F32", "shape": [2]}}),
    "a name twice": stored(b'{"a":%b,"a":%b}' % ((json.dumps(entry()).encode(),) * 2)),
    "no object": stored(b'{"a": 3}'),
    "cut off": stored({"a": entry()})[:-3],
    "no JSON": stored(b"{nothing", b""),
    "deep JSON": stored(b'{"a":' + b"[" * 100_000, b""),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_safetensors_are_refused(what: str, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(DAMAGED[what])
    assert is_safetensors(tmp_path / "w.safetensors")
    with pytest.raises(UnusableWeights, match=r"w.safetensors: ") as caught:
        read_checkpoint(str(tmp_path / "w.safetensors"))
    assert "\n" not in str(caught.value)


def test_cut_off_anywhere(tmp_path: Path) -> None:
    content = safetensors.torch.save(HERS)
    for length in range(0, len(content), 37):
        (tmp_path / "w.safetensors").write_bytes(content[:length])
        with pytest.raises(UnusableWeights):
            read_checkpoint(str(tmp_path / "w.safetensors"))
