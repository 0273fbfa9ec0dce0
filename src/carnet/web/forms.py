"""What a form sent, read up to a limit; then a plain function answers it in a thread, as it answers a page."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

LONGEST = 8192
"""Bytes of a form."""


async def read_form(request: Request, longest: int = LONGEST) -> dict[str, str]:
    """The fields of a form; of a field that comes twice the last one counts."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > longest:
            raise HTTPException(413)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def posted(
    answer: Callable[[Request, Mapping[str, str]], Response], longest: int = LONGEST
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint of a function that takes a form; it may wait for the disk."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answer, request, await read_form(request, longest))

    return endpoint
