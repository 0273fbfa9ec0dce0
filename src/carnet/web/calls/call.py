"""One call of the API: where it is, what it takes, what answers it. Routes and reference are made from the same."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from carnet.web.calls.reading import read_body, read_query
from carnet.web.lacking import lacking
from carnet.web.records import records_of
from carnet.web.rendering import as_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from carnet.records.surveying import Unread
    from carnet.web.records import Records

LONGEST = 65_536
"""Bytes of a request's body."""


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """Takes nothing."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One request, as an answer needs it."""

    request: Request
    records: Records

    @property
    def unread(self) -> list[Unread]:
        """Where to note what could not be read: the answer says so beside everything that could."""
        return lacking(self.request)

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])


@dataclass(frozen=True, slots=True)
class Call:
    """An address with a method. Its words are the first paragraph of what answers it."""

    method: str
    path: str
    answer: Callable[[Asking, Any], Mapping[str, object] | Response]
    takes: type[msgspec.Struct] = Nothing
    """The JSON body; of GET the query."""
    status: int = 200
    gives: str = "application/json"
    longest: int = LONGEST

    @property
    def words(self) -> str:
        return (inspect.getdoc(self.answer) or "").partition("\n\n")[0].replace("\n", " ")

    @property
    def in_query(self) -> bool:
        return self.method == "GET"


def route_of(call: Call) -> Route:
    """The route that reads what the call takes and answers it in a thread: it may wait for the disk."""

    async def endpoint(request: Request) -> Response:
        given = await _given(call, request)
        return await run_in_threadpool(_answered, call, request, given)

    return Route(call.path, _named(endpoint, call), methods=[call.method])


def _named(endpoint: Callable[[Request], Awaitable[Response]], call: Call) -> Callable[[Request], Awaitable[Response]]:
    endpoint.__name__ = getattr(call.answer, "__name__", "call")
    return endpoint


async def _given(call: Call, request: Request) -> msgspec.Struct:
    if call.in_query:
        return read_query(request.query_params.multi_items(), call.takes)
    if request.query_params:  # a filter in the wrong place must not be taken for none
        read_query(request.query_params.multi_items(), Nothing)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > call.longest:
            raise HTTPException(413, headers={"Connection": "close"})
    return read_body(bytes(body), request.headers.get("content-type", ""), call.takes)


def _answered(call: Call, request: Request, given: msgspec.Struct) -> Response:
    found = call.answer(Asking(request, records_of(request)), given)
    return found if isinstance(found, Response) else as_json(request, found, call.status)
