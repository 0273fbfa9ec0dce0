"""The upstream of the benchmark: one JSON body, or a stream of 50 events, at once or paced.

    python upstream.py PORT

What is wanted stands in the address: `/v1/messages?json`, `?events`, `?paced=0.02` (seconds between events;
`&count=15` for fewer).
"""

from __future__ import annotations

import asyncio
import re
import sys

import uvloop

EVENTS = 50
START = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","model":"claude-opus-4-8",'
    b'"role":"assistant","content":[],"usage":{"input_tokens":12,"output_tokens":1}}}\n\n'
)
DELTA = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"some words of an answer"}}\n\n'
)
STOP = (
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
    b'"usage":{"output_tokens":57}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'
)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_1\r\ntransfer-encoding: chunked\r\n\r\n"
TEXT = b'{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-4-8","content":[{"type":"text","text":"'
REST = b'"}],"stop_reason":"end_turn","usage":{"input_tokens":12,"output_tokens":57}}'
JSON = TEXT + b"words " * ((1038 - len(TEXT) - len(REST)) // 6) + REST
PLAIN = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_1\r\ncontent-length: %d\r\n\r\n" % len(JSON)
    + JSON
)
_LENGTH = re.compile(rb"(?i)content-length: *(\d+)")
_PACED = re.compile(rb"paced=([0-9.]+)(?:&count=(\d+))?")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


PIECES = [HEAD + chunk(START), *[chunk(DELTA)] * (EVENTS - 2), chunk(STOP) + b"0\r\n\r\n"]


class Serving(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.held += data
        while (end := self.held.find(b"\r\n\r\n")) >= 0:
            head = self.held[:end]
            length = _LENGTH.search(head)
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self.held) < size:
                return
            self.held = self.held[size:]
            self.answer(head)

    def answer(self, head: bytes) -> None:
        paced = _PACED.search(head)
        if paced:
            self.transport.write(PIECES[0])
            asyncio.get_running_loop().call_later(
                float(paced[1]), self.pace, EVENTS - int(paced[2] or EVENTS) + 1, float(paced[1])
            )
        elif b"?events" in head:
            self.step(0)
        else:
            self.transport.write(PLAIN)

    def step(self, number: int) -> None:
        """One write an event, each in a turn of the loop of its own: a gateway reads them one by one."""
        if self.transport.is_closing():
            return
        self.transport.write(PIECES[number])
        if number + 1 < EVENTS:
            asyncio.get_running_loop().call_soon(self.step, number + 1)

    def pace(self, number: int, pause: float) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(PIECES[number])
        if number + 1 < EVENTS:
            asyncio.get_running_loop().call_later(pause, self.pace, number + 1, pause)


async def run(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Serving, "127.0.0.1", port, backlog=8192)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(run(int(sys.argv[1])))
