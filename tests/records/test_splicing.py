from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.records.splicing import ANCHOR, Run, joined, read, rest, runs, written

CHANCE = random.Random(5)
OLD = CHANCE.randbytes(5000)
NEW = CHANCE.randbytes(700)

texts = st.lists(
    st.sampled_from([OLD[:900], OLD[900:1000], OLD[1000:], NEW, NEW[:40], b"", b"a" * 90]), max_size=9
).map(b"".join)


@given(texts | st.binary(max_size=200), texts | st.binary(max_size=200))
def test_a_text_comes_back_from_its_runs_and_the_rest(text: bytes, base: bytes) -> None:
    found = runs(text, base)
    again, end = read(written(found) + b"more")
    assert (again, end) == (found, len(written(found)))
    assert joined(again, rest(text, found), base) == text


@given(texts, texts)
def test_runs_stand_in_the_order_of_both_and_never_overlap(text: bytes, base: bytes) -> None:
    for before, after in pairwise(runs(text, base)):
        assert before.at + before.length <= after.at
        assert before.below + before.length <= after.below


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(OLD + NEW, [Run(0, 0, 5000)], id="grown at the end"),
        pytest.param(NEW + OLD, [Run(700, 0, 5000)], id="grown at the start"),
        pytest.param(OLD[:2000] + NEW + OLD[2000:], [Run(0, 0, 2000), Run(2700, 2000, 3000)], id="in the middle"),
        pytest.param(NEW[:50] + OLD[9:], [Run(50, 9, 4991)], id="begun otherwise"),
        pytest.param(OLD[:2000] + b"x" + OLD[2001:], [Run(0, 0, 2000), Run(2001, 2001, 2999)], id="one byte changed"),
        pytest.param(OLD, [Run(0, 0, 5000)], id="said again"),
        pytest.param(OLD[: ANCHOR - 1], [], id="shorter than a look"),
        pytest.param(NEW, [], id="nothing in common"),
        pytest.param(b"", [], id="nothing"),
    ],
)
def test_what_was_said_before_is_found(text: bytes, expected: list[Run]) -> None:
    assert runs(text, OLD) == expected


def test_a_text_that_leads_astray_costs_a_few_looks_only() -> None:
    class Counting(bytes):
        looks = 0

        def find(self, *where: object) -> int:
            Counting.looks += 1
            return super().find(*where)  # type: ignore[arg-type]

    runs(b"".join(OLD[at : at + 40] + bytes([at % 251]) * 40 for at in range(0, 4000, 40)), Counting(OLD))
    assert 10 < Counting.looks < 100


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param([Run(0, 4990, 11)], id="over the end of the text before"),
        pytest.param([Run(3, 0, 5)], id="over the end of what is new"),
        pytest.param([Run(0, 0, 5), Run(4, 0, 5)], id="overlapping"),
    ],
)
def test_runs_that_do_not_fit_are_refused(bad: list[Run]) -> None:
    with pytest.raises(ValueError, match="runs"):
        joined(bad, b"ab", OLD)


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\0\0\0\1", b"\0\0\0\1short"])
def test_bytes_that_are_no_list_of_runs_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="runs"):
        read(data)
