"""A client's connection to the gateway, spoken byte by byte, so that nothing is added and nothing overlooked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.gateway.bodies import UNTIL_CLOSE, body_of, response_length
from carnet.gateway.heads import END, parse_response

if TYPE_CHECKING:
    from carnet.gateway.bodies import Body
    from carnet.gateway.heads import Pair, ResponseHead

HEAD = 256 << 10


class SilentError(Exception):
    """Raised when the gateway says nothing for as long as it is waited for."""


@dataclass(slots=True)
class Answer:
    """A response, as far as it came."""

    head: ResponseHead
    body: bytes = b""
    """Without its framing."""
    whole: bool = False
    """Its end was there, as its framing marks it."""
    trailers: tuple[Pair, ...] = ()
    informed: list[int] = field(default_factory=list)
    """Informational statuses before it."""

    @property
    def status(self) -> int:
        return self.head.status

    def value(self, name: bytes) -> bytes | None:
        return self.head.fields.get(name)

    def values(self, name: bytes) -> list[bytes]:
        return [value for key, (_, value) in zip(self.head.names, self.head.pairs, strict=True) if key == name]


class Wire:
    """One connection. What it reads is judged as the relay judges an upstream: strictly."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float) -> None:
        self._reader = reader
        self._writer = writer
        self._patience = patience
        self._held = b""
        self._body: Body | None = None
        self._length = 0
        self.count = 0
        """Bytes of payload that came so far."""

    async def send(self, raw: bytes) -> None:
        self._writer.write(raw)
        await self._writer.drain()

    def close(self) -> None:
        self._writer.transport.abort()

    async def head(self, method: bytes = b"POST") -> Answer:
        """The next response's head. Raises SilentError, EOFError, OSError, MalformedError."""
        informed: list[int] = []
        while True:
            head = await self._one_head()
            if head.status >= 200:
                break
            informed.append(head.status)
        self._length = response_length(head, method)
        self._body = body_of(self._length, HEAD)
        return Answer(head, informed=informed, whole=self._body.ended)

    async def informed(self) -> int:
        """Status of the next head, informational or not; a final one can still be had from `head`."""
        while (end := self._held.find(END)) < 0:
            self._held += await self._more()
        return parse_response(self._held[: end + 4]).status

    async def piece(self, answer: Answer) -> bytes:
        """The next payload; empty at the end, whichever it is. The answer grows by it."""
        body = self._body
        while body is not None and not body.ended:
            data, self._held = self._held, b""
            try:
                data = data or await self._more()
            except EOFError:
                answer.whole = self._length == UNTIL_CLOSE
                return b""
            except OSError:
                return b""
            payload = body.feed(data)
            answer.body += payload
            self.count += len(payload)
            if body.fault is not None:
                raise body.fault
            if body.ended:
                self._held, answer.whole, answer.trailers = body.rest, True, body.trailers
            if payload:
                return payload
        return b""

    async def rest(self, answer: Answer) -> Answer:
        """The same answer with everything that is still to come."""
        while await self.piece(answer):
            pass
        return answer

    async def answer(self, method: bytes = b"POST") -> Answer:
        return await self.rest(await self.head(method))

    async def _one_head(self) -> ResponseHead:
        while (end := self._held.find(END)) < 0:
            self._held += await self._more()
        raw, self._held = self._held[: end + 4], self._held[end + 4 :]
        return parse_response(raw)

    async def _more(self) -> bytes:
        try:
            async with asyncio.timeout(self._patience):
                data = await self._reader.read(65_536)
        except TimeoutError:
            raise SilentError from None
        if not data:
            raise EOFError
        return data
