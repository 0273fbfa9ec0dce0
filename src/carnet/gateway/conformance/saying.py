"""What the suite's client and its upstream say: requests and responses of the Messages format, oddly written.

Odd on purpose: spaces, escapes, numbers and orders of keys that a parser and a serialiser do not bring back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.gateway.conformance.upstream import Arrival, Script, Way

JSON = b"content-type: application/json"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"
_FILL = b"0123456789 abcdefghijklmnopqrstuvwxyz \\u00e9\\u4e2d\\ud83d\\ude00 \xc3\xa9 \\/ \\t "


def fill(size: int) -> bytes:
    """About that many bytes of a JSON string, and never half an escape."""
    return _FILL * (size // len(_FILL)) + b"." * (size % len(_FILL))


def asked(model: str, nonce: bytes, size: int = 0, more: bytes = b"") -> bytes:
    """Body of a request; `more` begins with a comma, and stands before its end."""
    return (
        b'{ "model":%b,"max_tokens" : 16,\n\t"temperature": 1.0, "messages":[ {"role" :"user",'
        b'"content": "%b \\u00e9t\\u00e9 %b"}]%b }' % (json.dumps(model).encode(), nonce, fill(size), more)
    )


def answered(model: str, nonce: bytes, size: int = 0) -> bytes:
    """Body of a response, with a field nobody knows."""
    return (
        b'{"type":"message", "id" : "msg_%b","role":"assistant",\n "model":%b,"carnet_unknown":{"z":1.50,"a":[ ]},'
        b'"content":[{"type":"text","text":"\\u00e9t\\u00e9 \\/ %b"}],"stop_reason":"end_turn","stop_sequence":null,'
        b'"usage":{"output_tokens":3,"input_tokens":12}}'
        % (nonce[-16:], json.dumps(model).encode(), fill(size))
    )  # fmt: skip


def refused(kind: str, message: str) -> bytes:
    """Body of an error in the format's shape, with a field nobody knows."""
    return (
        b'{"type":"error", "error":{"type":"%b","message":"%b", "carnet_unknown":[1.0]}, "request_id":"req_carnet"}'
        % (kind.encode(), message.encode())
    )


def response(body: bytes, status: bytes = b"200 OK", *lines: bytes, kind: bytes = JSON) -> bytes:
    """A whole response of known length."""
    return b"\r\n".join((b"HTTP/1.1 " + status, kind, *lines, b"content-length: %d" % len(body), b"", body))


def always(raw: bytes) -> Script:
    """Answers whatever arrives with these bytes."""

    async def script(_: Arrival, way: Way) -> None:
        await way.send(raw)

    return script


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


PING = event("ping", '{"type": "ping"}')
COMMENT = b": carnet keeps the line alive\n\n"
ERROR = event("error", '{"type":"error", "error":{"type":"overloaded_error","message":"Overloaded \\u2026"}}')


def start(model: str) -> bytes:
    """The first event of a stream."""
    usage = '{"input_tokens":12, "output_tokens":1}'
    return event(
        "message_start",
        '{"type":"message_start","message":{"id":"msg_carnet","type":"message","role":"assistant","model":'
        + json.dumps(model)
        + ',"content":[],"stop_reason":null,"stop_sequence":null,"usage":'
        + usage
        + ', "carnet_unknown" : 1.0}}',
    ) + event(
        "content_block_start",
        '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
    )


def delta(number: int) -> bytes:
    text = f'{{"type":"text_delta", "text":"word{number} \\u00e9"}}'
    return event("content_block_delta", f'{{"type":"content_block_delta","index":0,"delta":{text}}}')


STOP = (
    event("content_block_stop", '{"type":"content_block_stop","index":0}')
    + event(
        "message_delta",
        '{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":5}}',
    )
    + event("message_stop", '{"type":"message_stop"}')
)
