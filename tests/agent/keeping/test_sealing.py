"""Each sealed line vouches for its session and its place."""

from __future__ import annotations

import pytest

from carnet.agent.keeping.sealing import LineSeal, is_sealed
from carnet.errors import DamagedError

KEY = bytes(range(32))


def test_a_line_comes_out_as_it_went_in_and_shows_nothing_meanwhile() -> None:
    seal = LineSeal(KEY, "s")
    line = seal.close(3, b'{"secret": 1}')

    assert b"secret" not in line
    assert (is_sealed(line), is_sealed(b'{"secret": 1}')) == (True, False)
    assert LineSeal(KEY, "s").open(3, line) == b'{"secret": 1}'


@pytest.mark.parametrize(
    ("key", "session", "number"),
    [(KEY, "s", 4), (KEY, "other", 3), (bytes(32), "s", 3)],
    ids=["moved", "session", "key"],
)
def test_what_was_moved_or_sealed_otherwise_is_damaged(key: bytes, session: str, number: int) -> None:
    line = LineSeal(KEY, "s").close(3, b"x")

    with pytest.raises(DamagedError, match=f"line {number + 1} was changed"):
        LineSeal(key, session).open(number, line)


@pytest.mark.parametrize("line", [b"", b"{}", b'{"sealed": 7}', b'{"sealed": "?"}', b'{"sealed": "AAAA"}', b"[]"])
def test_what_is_no_sealed_line_is_damaged(line: bytes) -> None:
    with pytest.raises(DamagedError):
        LineSeal(KEY, "s").open(0, line)
