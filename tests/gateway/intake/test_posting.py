"""Requests to sinks: over TLS that is checked, and in words of our own where they fail."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from carnet.gateway.intake import posting
from tests.gateway.intake.collecting import collecting


def posted(url: str) -> tuple[int, bytes]:
    async def work() -> tuple[int, bytes]:
        async with posting.session() as client:
            return await posting.post(client, url, b"{}", [("A", "b")])

    return asyncio.run(work())


def test_an_answer_is_read_so_far_and_no_further() -> None:
    with collecting() as collector:
        assert posted(f"{collector.url}/x") == (200, b"{}")
        collector.endless = True
        assert len(posted(f"{collector.url}/x")[1]) == posting.MOST


def test_who_is_not_there_cannot_be_reached() -> None:
    with collecting() as collector:
        url = collector.url
    with pytest.raises(ConnectionError, match="cannot be reached"):
        posted(url)


def test_what_speaks_no_tls_is_not_trusted() -> None:
    with collecting() as collector, pytest.raises(ConnectionError):
        posted(collector.url.replace("http:", "https:"))
    assert collector.got == []


def test_nothing_older_than_tls_1_2_is_spoken() -> None:
    async def lowest() -> ssl.TLSVersion:
        async with posting.session() as client:
            context = client.connector._ssl  # type: ignore[union-attr]
            assert isinstance(context, ssl.SSLContext)
            assert context.verify_mode is ssl.CERT_REQUIRED
            return context.minimum_version

    assert asyncio.run(lowest()) >= ssl.TLSVersion.TLSv1_2
