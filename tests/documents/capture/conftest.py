"""A site to capture from, and settings that allow it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from carnet.documents.capture.fetch import Fetcher

from .site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from carnet.documents.capture.answer import Answer, Validators
    from carnet.settings import Settings


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def near(settings: Settings) -> Settings:
    """Settings that allow loopback, without pauses and further tries."""
    for name, value in (
        ("watch.allow-private", "127.0.0.1"),
        ("watch.host-pause", "0ms"),
        ("watch.retries", "0"),
        ("watch.timeout", "5s"),
    ):
        settings = settings.with_option(name, value)
    return settings


@pytest.fixture
def fetch(near: Settings) -> Callable[..., Answer]:
    """Fetch one address with an own Fetcher."""

    def carry_out(
        url: str, validators: Validators | None = None, settings: Settings | None = None, **given: Any
    ) -> Answer:
        async def once() -> Answer:
            async with Fetcher(settings or near, back_off=0.01, **given) as fetcher:
                return await fetcher.fetch(url, "*/*", validators)

        return asyncio.run(once())

    return carry_out
