"""Records packed: each found again, merged, and nothing kept that is not asked for."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deconvviz.images.records import Record, Records

pytestmark = pytest.mark.quick

names = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=6)
records = st.dictionaries(
    st.integers(0, 30),
    st.builds(Record, st.integers(0, 2), names, names, names, st.integers(-1, 9), st.integers(-1, 9)),
)


@given(records, records, st.lists(st.integers(0, 30), max_size=8))
def test_packed_as_a_mapping(one: dict[int, Record], two: dict[int, Record], asked: list[int]) -> None:
    two = {number: one.get(number, record) for number, record in two.items()}
    both = Records.of(one).merge(Records.of(two))
    assert dict(both) == one | two
    assert list(both) == sorted(one | two)
    chosen = both.only(np.array(asked, np.int64))
    assert dict(chosen) == {n: r for n, r in (one | two).items() if n in asked}
    assert len(chosen.texts) == sum(len(record.as_bytes()) for record in chosen.values())
    with pytest.raises(KeyError):
        both[99]


def test_undecodable_names() -> None:
    record = Record(1, "", os.fsdecode(b"\xff\xfe.png"), "", -1, 4)
    assert Records.of({3: record})[3] == record
    assert Record(0, "a.tar", "b.png", "", 512, 4).place == "a.tar/b.png"
