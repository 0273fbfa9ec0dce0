"""One request to a sink: short of time, short of trust, and no further than it was sent."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE = 15.0
"""Seconds for all of it."""
MOST = 64 << 10
"""Bytes of an answer that are looked at."""


def session() -> aiohttp.ClientSession:
    """What requests are made with. A private address is what most organisations have for their collector."""
    context = ssl.create_default_context()
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, limit_per_host=2),
        timeout=aiohttp.ClientTimeout(PATIENCE),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


async def post(
    client: aiohttp.ClientSession, url: str, body: bytes, headers: Sequence[tuple[str, str]], proxy: str = ""
) -> tuple[int, bytes]:
    """Status and the beginning of the answer. Raises ConnectionError saying in words of our own why there is none."""
    try:
        async with client.post(
            url, data=body, headers=list(headers), allow_redirects=False, proxy=proxy or None
        ) as answer:
            told = bytearray()
            async for chunk in answer.content.iter_any():
                told += chunk
                if len(told) >= MOST:
                    break
            answer.close()  # what it would still say is not waited for
            return answer.status, bytes(told[:MOST])
    except TimeoutError:
        raise ConnectionError("it does not answer in time") from None
    except aiohttp.ClientSSLError:
        raise ConnectionError("its certificate is not trusted, or it speaks no TLS 1.2") from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise ConnectionError("it cannot be reached") from None
