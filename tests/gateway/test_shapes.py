from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.gateway import shapes as module
from carnet.gateway.heads import whole_response
from carnet.gateway.shapes import Shapes
from tests.gateway.test_heads import NAMES, PIECES, PLAIN, SINGULAR

MOST, HEADERS = 64 << 10, 200


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The responses whose heads were looked at whole."""
    found: list[bytes] = []

    def seen(data: bytes, most: int, headers: int) -> tuple[int, int] | None:
        found.append(data)
        return whole_response(data, most, headers)

    monkeypatch.setattr(module, "whole_response", seen)
    return found


def response(*lines: bytes, status: bytes = b"200 OK", body: bytes = b"hello") -> bytes:
    return b"\r\n".join((b"HTTP/1.1 " + status, *lines, b"content-length: %d" % len(body), b"", body))


def told(shapes: Shapes, raw: bytes) -> tuple[int, int] | None:
    return shapes.whole_response(raw, MOST, HEADERS)


def test_a_head_with_the_same_names_is_looked_at_whole_twice(judged: list[bytes]) -> None:
    shapes = Shapes()
    for number in range(5):
        raw = response(b"request-id: req_%d" % number, body=b"a" * number)
        assert told(shapes, raw) == (200, raw.index(b"\r\n\r\n") + 4)
    assert len(judged) == 2


@pytest.mark.parametrize(
    "other",
    [
        response(b"request-id: 1", b"date: today"),
        response(b"Request-Id: 1"),
        response(b"request-ix: 1"),
        response(b"request-id: 1", status=b"200 Fine"),
        response(b"request-id: 1", status=b"529 Overloaded"),
        response(),
    ],
)
def test_another_head_is_looked_at_whole(other: bytes, judged: list[bytes]) -> None:
    shapes = Shapes()
    for _ in range(3):
        told(shapes, response(b"request-id: 1"))
    judged.clear()
    assert told(shapes, other) == whole_response(other)
    assert judged == [other]


@pytest.mark.parametrize("raw", SINGULAR.values(), ids=SINGULAR)
def test_what_does_not_go_on_as_it_came_is_never_learned(raw: bytes) -> None:
    shapes = Shapes()
    for _ in range(3):
        told(shapes, PLAIN % b"")
        assert told(shapes, raw) is None


@pytest.mark.parametrize("value", [b"a\x00b", b"a\rb", b"a\nb", b"a\x7fb", b"a\r\nconnection: close"])
def test_a_value_is_judged_in_a_known_shape_too(value: bytes) -> None:
    shapes = Shapes()
    for _ in range(3):
        told(shapes, response(b"request-id: 1"))
    raw = response(b"request-id: " + value)
    assert told(shapes, raw) is None
    assert whole_response(raw) is None


def test_only_so_many_shapes_are_known_and_those_are_that_were_met_last(judged: list[bytes]) -> None:
    shapes = Shapes()
    heads = [response(b"x-%d: 1" % number) for number in range(module.MOST + 5)]
    for _ in range(2):
        for raw in heads:
            assert told(shapes, raw) == whole_response(raw)
    judged.clear()
    for raw in reversed(heads):
        assert told(shapes, raw) == whole_response(raw)
    assert judged[0] == heads[4]
    assert len(shapes._known) == module.MOST


def test_only_so_many_shapes_are_learned(monkeypatch: pytest.MonkeyPatch, judged: list[bytes]) -> None:
    monkeypatch.setattr(module, "LEARNED", 2)
    shapes = Shapes()
    heads = [response(b"x-%d: 1" % number) for number in range(4)]
    for raw in heads * 3:
        assert told(shapes, raw) == whole_response(raw)
    judged.clear()
    for raw in heads:
        told(shapes, raw)
    assert judged == heads[2:]


def test_names_that_never_come_again_fill_no_memory() -> None:
    shapes = Shapes()
    for number in range(1000):
        told(shapes, response(b"x-%d: 1" % number))
    assert len(shapes._seen) + len(shapes._known) <= 100


def test_a_long_head_is_not_learned(judged: list[bytes]) -> None:
    raw = response(b"x: %b" % (b"a" * module.LONGEST))
    shapes = Shapes()
    for _ in range(4):
        assert told(shapes, raw) is not None
    assert len(judged) == 4


def _lines(pieces: list[tuple[bytes, ...]]) -> list[bytes]:
    return [b"".join(one) for one in pieces]


HEADS = st.builds(
    lambda first, before, length, behind: b"\r\n".join((first, *_lines(before), length, *_lines(behind))),
    st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 529 Overloaded", b"HTTP/1.1 204 None", b"HTTP/1.0 200 OK"]),
    st.lists(st.one_of(PIECES, st.tuples(NAMES, st.just(b": "), st.binary(max_size=4))), max_size=3),
    st.sampled_from([b"Content-Length: 5", b"content-length:5", b"content-length: 4", b"x: y"]),
    st.lists(PIECES, max_size=2),
)


@given(st.lists(HEADS, min_size=1, max_size=4).flatmap(lambda some: st.lists(st.sampled_from(some), max_size=12)))
def test_what_is_told_by_its_shape_is_what_is_told_of_the_whole_head(heads: list[bytes]) -> None:
    shapes = Shapes()
    for head in heads:
        raw = head + b"\r\n\r\nhello"
        assert told(shapes, raw) == whole_response(raw)


@given(HEADS, st.binary(max_size=6), st.integers(0, 200))
def test_a_head_that_was_changed_is_told_as_it_is(head: bytes, change: bytes, at: int) -> None:
    shapes = Shapes()
    raw = head + b"\r\n\r\nhello"
    for _ in range(3):
        told(shapes, raw)
    changed = raw[:at] + change + raw[at + len(change) :]
    assert told(shapes, changed) == whole_response(changed)
