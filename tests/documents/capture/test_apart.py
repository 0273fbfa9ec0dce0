"""A hostile page costs the extracting process, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from carnet.documents.capture.apart import Extractor
from carnet.documents.capture.extract.order import Order
from carnet.errors import FetchError

GOOD = Order("html", b"<main>Text</main>")


def texts(*orders: Order, seconds: float = 20.0) -> list[bytes | FetchError]:
    async def all_of_them() -> list[bytes | FetchError]:
        extractor = Extractor(seconds)
        made: list[bytes | FetchError] = []
        for order in orders:
            try:
                made.append(await extractor.extract(order))
            except FetchError as error:
                made.append(error)
        await extractor.close()
        return made

    return asyncio.run(all_of_them())


@pytest.mark.parametrize(
    "bomb",
    [
        b"<main>" + b"<div>" * 3_000 + b"x",
        b"<main>" + b"<div>" * 200_000 + b"x",
        b"".join(b"<b id=%d>" % n for n in range(3_000)) + b"<p>x" * 30_000,
    ],
    ids=["nested", "nested deeper", "unclosed formatting"],
)
def test_an_html_bomb_is_one_failure_and_the_next_page_is_read(bomb: bytes) -> None:
    found, good = texts(Order("html", bomb), GOOD, seconds=1.5)
    assert isinstance(found, FetchError)
    assert found.reason == "bomb"
    assert good == b"Text\n"


def test_faults_keep_their_reason() -> None:
    (found,) = texts(Order("html", b"<p>x", selector=".gone"))
    assert isinstance(found, FetchError)
    assert found.reason == "selector"


def test_orders_at_the_same_time_get_their_own_answers() -> None:
    async def both() -> list[bytes]:
        extractor = Extractor()
        orders = [Order("html", f"<main>Page {n}</main>".encode()) for n in range(9)]
        made = await asyncio.gather(*map(extractor.extract, orders))
        await extractor.close()
        return made

    assert asyncio.run(both()) == [f"Page {n}\n".encode() for n in range(9)]


def test_an_order_that_is_given_up_does_not_answer_the_next_one() -> None:
    async def given_up() -> bytes:
        extractor = Extractor()
        task = asyncio.create_task(extractor.extract(Order("html", b"<main>Old</main>")))
        await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        made = await extractor.extract(GOOD)
        await extractor.close()
        return made

    assert asyncio.run(given_up()) == b"Text\n"
