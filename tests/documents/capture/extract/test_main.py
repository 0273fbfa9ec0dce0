"""The extracting process answers every order, whatever is in it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import msgspec
import pytest

from carnet.documents.capture.extract.__main__ import carry_out, serve
from carnet.documents.capture.extract.order import Order, Yield

from .files import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def answers(data: bytes) -> Iterator[Yield]:
    while data:
        size = int.from_bytes(data[:4], "big")
        yield msgspec.msgpack.decode(data[4 : 4 + size], type=Yield)
        data = data[4 + size :]


def test_orders_are_answered_one_after_the_other_until_the_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    # The limit on processor time is for a process of its own, not for the one that runs the tests.
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)
    orders = [Order("html", b"<main>One</main>"), Order("html", b""), Order("pdf", pdf("Two"))]
    sink = io.BytesIO()
    serve(io.BytesIO(b"".join(framed(msgspec.msgpack.encode(order)) for order in orders)), sink)
    assert [(each.text, each.reason) for each in answers(sink.getvalue())] == [
        (b"One\n", ""),
        (b"", "no-text"),
        (b"Two\n", ""),
    ]


@pytest.mark.parametrize("error", [RecursionError(), MemoryError(), ValueError("odd")])
def test_whatever_a_parser_raises_is_a_fault_in_words(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_: Order) -> str:
        raise error

    monkeypatch.setattr("carnet.documents.capture.extract.__main__.page_text", fail)
    found = carry_out(Order("html", b"x"))
    assert found.fault
    assert found.reason in {"bomb", "parser"}
