"""An upstream that answers like the Messages API, whole enough for clients that nobody changed."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.gateway.upstream import STREAM, chunk, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.gateway.upstream import Got, Turn

    Json = Mapping[str, Any]
    Reply = Callable[[Json], list[dict[str, object]]]

MODELS = ("claude-test-1", "claude-test-2")
ERRORS = {
    "fail-400": ("400 Bad Request", "invalid_request_error", "max_tokens: this is too much"),
    "fail-404": ("404 Not Found", "not_found_error", "model: no-such-model"),
    "fail-429": ("429 Too Many Requests", "rate_limit_error", "of the upstream, not of the relay"),
    "fail-500": ("500 Internal Server Error", "api_error", "Internal server error"),
    "fail-529": ("529 Overloaded", "overloaded_error", "Overloaded"),
}
"""Word in a request -> how it is refused."""


def text(words: str) -> dict[str, object]:
    return {"type": "text", "text": words}


def tool(name: str, number: int, **given: object) -> dict[str, object]:
    return {"type": "tool_use", "id": f"toolu_{number:04}", "name": name, "input": given}


def echo(request: Json) -> list[dict[str, object]]:
    """Says what was said last, so that every answer can be told from every other."""
    return [text(f"You said: {said(request)}")]


def said(request: Json) -> str:
    """The last words of the last message."""
    content = request["messages"][-1]["content"]
    return content if isinstance(content, str) else str(content[-1].get("text", ""))


@dataclass
class Vendor:
    """A script for `running`; `reply` gives the blocks of an answer."""

    reply: Reply = echo
    bodies: list[bytes] = field(default_factory=list)
    """Payload of every answer in the order of the requests."""
    _number: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _refused: dict[str, int] = field(default_factory=dict)

    async def __call__(self, turn: Turn) -> None:
        method, target, _ = turn.got.lines[0].split(b" ")
        path = target.partition(b"?")[0].decode()
        if (method, path) == (b"POST", "/v1/messages"):
            await self._message(turn, json.loads(turn.got.body))
        else:
            await turn.send(self._plain(turn.got, method, path))

    def _plain(self, got: Got, method: bytes, path: str) -> bytes:
        if path == "/api/hello":
            return plain(b"", b"200 OK")
        if (method, path) == (b"POST", "/v1/messages/count_tokens"):
            return self._answer({"input_tokens": len(got.body)})
        if path == "/v1/models":
            found = [_model(name) for name in MODELS]
            return self._answer({"data": found, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]})
        if path.removeprefix("/v1/models/") in MODELS:
            return self._answer(_model(path.removeprefix("/v1/models/")))
        return self._failed("fail-404")

    async def _message(self, turn: Turn, request: Json) -> None:
        last = json.dumps([one["content"] for one in request["messages"] if one["role"] == "user"][-1])
        failing = next((word for word in ERRORS if word in last), None)
        if failing is not None and not (" twice " in last and self._refused.get(last, 0) >= 2):
            self._refused[last] = self._refused.get(last, 0) + 1
            await turn.send(self._failed(failing))
            return
        message = self._made(request)
        if not request.get("stream"):
            await turn.send(self._answer(message))
            return
        await self._stream(turn, list(events(message)), last)

    async def _stream(self, turn: Turn, sent: list[bytes], last: str) -> None:
        await turn.send(STREAM)
        if "break-off" in last or "fail-in-stream" in last:
            sent = [*sent[:4], *([FAULT] if "fail-in-stream" in last else [])]
        self.bodies.append(b"".join(sent))
        for event in sent:
            await turn.send(chunk(event))
            await asyncio.sleep(0)
        if "break-off" in last:
            turn.reset()
        else:
            await turn.send(b"0\r\n\r\n")

    def _made(self, request: Json) -> dict[str, object]:
        blocks = self.reply(request)
        uses = any(block["type"] == "tool_use" for block in blocks)
        return {
            "id": f"msg_{next(self._number):06}", "type": "message", "role": "assistant",
            "model": request["model"], "content": blocks,
            "stop_reason": "tool_use" if uses else "end_turn", "stop_sequence": None,
            "usage": {
                "input_tokens": 12, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 57,
            },
        }  # fmt: skip

    def _answer(self, answer: Json) -> bytes:
        self.bodies.append(json.dumps(answer).encode())
        return plain(self.bodies[-1], b"200 OK", b"request-id: req_%06d" % next(self._number))

    def _failed(self, word: str) -> bytes:
        status, kind, message = ERRORS[word]
        number = next(self._number)
        answer = {
            "type": "error",
            "error": {"type": kind, "message": message},
            "request_id": f"req_{number:06}",
        }
        self.bodies.append(json.dumps(answer, indent=1).encode())  # not as anybody would write it again
        more = b"retry-after-ms: 1", b"x-odd: kept", b"request-id: req_%06d" % number
        return plain(self.bodies[-1], status.encode(), *more)


FAULT = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'


def events(message: Json) -> Iterator[bytes]:
    """A message as a stream says it, with a ping and a comment in it."""
    usage = {**message["usage"], "output_tokens": 1}
    start = {**message, "content": [], "stop_reason": None, "usage": usage}
    yield _event("message_start", message=start)
    yield _event("ping")
    for index, block in enumerate(message["content"]):
        yield from _block(index, block)
        yield b": still here\n\n"
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage={"output_tokens": message["usage"]["output_tokens"]})
    yield _event("message_stop")


def _block(index: int, block: Json) -> Iterator[bytes]:
    if block["type"] == "text":
        empty: Json = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": part} for part in _parts(block["text"])]
    else:
        empty = {**block, "input": {}}
        written = json.dumps(block["input"])
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in _parts(written)]
    yield _event("content_block_start", index=index, content_block=empty)
    for delta in deltas:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _parts(words: str) -> list[str]:
    return [words[at : at + 7] for at in range(0, len(words), 7)]


def _event(kind: str, **more: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), json.dumps({"type": kind, **more}).encode())


def _model(name: str) -> dict[str, object]:
    return {"type": "model", "id": name, "display_name": name.title(), "created_at": "2026-01-01T00:00:00Z"}
