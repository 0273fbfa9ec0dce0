"""The log tells what happened and never what a client sent; it is bounded, and nobody waits for it."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from carnet.gateway.contract import Durability, Fate, Recording
from carnet.gateway.errors import Refused
from carnet.gateway.loglines import (
    LONGEST,
    MOST_TURNED_AWAY,
    MOST_WAITING,
    Events,
    ExchangeLog,
    Lines,
    Style,
    line_of,
    upstream_id,
)  # fmt: skip
from tests.gateway.ground import KEY, admitted, relaying, request
from tests.gateway.upstream import plain, running, saying, until

if TYPE_CHECKING:
    from collections.abc import Mapping

AT = datetime(2026, 4, 1, 9, 30, 0, 250_000, UTC)


class Written:
    """Lines that remember what was written."""

    def __init__(self, style: Style = Style.JSON) -> None:
        self.raw: list[bytes] = []
        self.left_out = 0
        self.lines = Lines(style, self.raw.append, lambda: AT, self._count)

    def _count(self, number: int) -> None:
        self.left_out += number

    def said(self) -> list[Mapping[str, object]]:
        self.lines._flush()
        return [json.loads(line) for line in self.raw]


@pytest.mark.parametrize("style", [Style.JSON, Style.TEXT])
async def test_no_mark_of_a_request_reaches_the_log_wherever_it_stands(
    style: Style, caplog: pytest.LogCaptureFixture
) -> None:
    written = Written(style)
    mark = b"mArK"
    heads = (
        b"x-claude-code-session-id: mArK", b"x-claude-code-agent-id: mArK", b"authorization: Bearer mArK",
        b"cookie: mArK", b"user-agent: mArK", b"mArK: mArK", b"anthropic-beta: mArK", b"request-id: req_mArK",
    )  # fmt: skip
    asked = [
        request(b'{"mArK":"mArK"}', b"/v1/messages?mArK=mArK", b"POST", *heads),
        request(b"{}", b"/v1/mArK", b"POST", *heads),
        request(b"{}", b"/v1/models/mArK", b"GET", *heads),
        request(b"mArK", b"/v1/messages", b"POST", b"content-length: mArK", *heads),
        request(b"", b"/v1/messages", b"mArK", *heads),
        request(b'{"mArK":1}', b"/v1/messages", b"POST", *heads).replace(KEY, b"ck_mArK"),
        b"mArK mArK mArK\r\nmArK\r\n\r\n",
    ]
    answer = plain(b'{"said":"mArK"}', b"200 OK", b"x-mArK: mArK")
    async with running(saying(answer)) as fake, relaying(fake.url, lines=written.lines) as ground:
        for raw in asked:
            assert await ground.ask(raw)
        await until(lambda: not ground.relay.exchanges)
    written.lines._flush()
    assert len(written.raw) >= len(asked)
    assert mark.lower() not in b"".join(written.raw).lower()
    assert "mark" not in caplog.text.lower()


async def test_an_exchange_has_one_line_with_its_ids_numbers_and_end() -> None:
    written = Written()
    answer = plain(b"hello", b"200 OK", b"request-id: req_011Abc")
    async with running(saying(answer)) as fake, relaying(fake.url, lines=written.lines) as ground:
        await ground.ask(request(b"{}"))
        await until(lambda: not ground.relay.exchanges)
    (line,) = written.said()
    assert {name: line[name] for name in ("event", "key", "organisation", "route", "upstream", "status")} == {
        "event": "exchange", "key": "key-1", "organisation": "acme", "route": "messages", "upstream": "one",
        "status": 200,
    }  # fmt: skip
    assert (line["bytes_in"], line["bytes_out"], line["outcome"]) == (2, 5, "complete")
    assert (line["time"], line["upstream_id"]) == ("2026-04-01T09:30:00.250Z", "req_011Abc")
    assert isinstance(line["ended_ms"], float)


@pytest.mark.parametrize(("recording", "word"), [(Recording.NONE, "terms"), (Recording.WANTED, "no-room")])
async def test_why_there_is_no_record_is_told(recording: Recording, word: str) -> None:
    class NoRoom:
        def begin(self, *_: object) -> None:
            return None

    written = Written()
    async with running(saying(plain(b"hello"))) as fake:
        admits = admitted("one", recording=recording)
        async with relaying(fake.url, lines=written.lines, admits=admits, recorder=NoRoom()) as ground:
            await ground.ask(request(b"{}"))
            await until(lambda: not ground.relay.exchanges)
    (line,) = written.said()
    assert line["recorded"] == word


async def test_a_request_that_is_turned_away_is_told_without_what_it_showed() -> None:
    written = Written()
    async with relaying(lines=written.lines) as ground:
        await ground.ask(request(b"{}").replace(KEY, b"guessed"))
        await ground.ask(request(b"{}", b"/nowhere"))
    assert [(one["route"], one["status"], one["why"]) for one in written.said()] == [
        ("messages", 401, "key"), ("", 404, "unknown-path")
    ]  # fmt: skip


def test_a_line_waits_for_its_record_and_names_it() -> None:
    written = Written()
    log = ExchangeLog(written.lines)
    first, second = Durability(), Durability()
    log.ended({"event": "exchange", "id": "1"}, "", first)
    log.ended({"event": "exchange", "id": "2"}, "", second)
    assert written.said() == []
    first.settle(Fate("stored", "ab12"))
    log.close()
    assert [(one["id"], one["recorded"], one.get("record")) for one in written.said()] == [
        ("1", "stored", "ab12"), ("2", "late", None)
    ]  # fmt: skip


def test_requests_of_nobody_fill_no_disk() -> None:
    written = Written()
    now = [0.0]
    log = ExchangeLog(written.lines, lambda: now[0])
    for _ in range(1000):
        log.turned_away(Refused(401, "no key", "key-missing"))
    assert (len(written.said()), written.left_out) == (MOST_TURNED_AWAY, 1000 - MOST_TURNED_AWAY)
    log.turned_away(Refused(429, "too many", "limit"), "messages", "key-1", "acme")
    now[0] = 1.5
    log.turned_away(Refused(401, "no key", "key-missing"))
    assert len(written.said()) == MOST_TURNED_AWAY + 2


def _warning(text: str, *args: object, error: Exception | None = None) -> logging.LogRecord:
    told = (type(error), error, None) if error is not None else None
    return logging.LogRecord("carnet.gateway", logging.WARNING, "", 0, text, args, told)


def test_an_event_that_repeats_is_told_once_and_then_how_often() -> None:
    written = Written()
    now = [0.0]
    events = Events(written.lines, lambda: now[0])
    for _ in range(50):
        events.handle(_warning("the store of records is %s", "away"))
    now[0] = 60.0
    events.handle(_warning("the store of records is away"))
    first, second = written.said()
    assert (first["event"], first["level"]) == ("the store of records is away", "warning")
    assert second["repeated"] == 49


def test_a_trace_of_what_broke_stays_out() -> None:
    written = Written()
    broken = ValueError("a prompt")
    Events(written.lines).handle(_warning("writing failed", error=broken))
    assert b"prompt" not in json.dumps(written.said()).encode()


def test_lines_that_nobody_takes_are_left_out_and_counted() -> None:
    stuck, free = threading.Event(), threading.Event()
    written = Written()

    def write(line: bytes) -> None:
        stuck.set()
        free.wait(20)
        written.raw.append(line)

    written.lines.write = write
    written.lines.start()
    written.lines.add({"event": "first"})
    assert stuck.wait(20)
    for number in range(MOST_WAITING + 5):
        written.lines.add({"event": "more", "number": number})
    assert written.left_out == 5
    free.set()
    written.lines.stop(20)
    assert len(written.raw) == MOST_WAITING + 1


def test_a_reader_that_is_gone_ends_nothing() -> None:
    written = Written()

    def write(_: bytes) -> None:
        raise BrokenPipeError

    written.lines.write = write
    written.lines.add({"event": "first"})
    written.lines._flush()
    assert written.left_out == 1


def test_every_line_is_one_line_of_bounded_length() -> None:
    long = {"event": "a\nb" * 1000, "key": "k" * 1000}
    for style in Style:
        raw = line_of(style, long)
        assert raw.count(b"\n") == 1
        assert len(raw) <= LONGEST + 1
    assert json.loads(line_of(Style.JSON, long))["cut"] is True


@pytest.mark.parametrize("shown", [None, b"", b"a prompt", b"req_", b"req_" + b"a" * 65, b"req_a\r\nb", b"req_a b"])
def test_an_upstreams_id_that_looks_like_none_stays_out(shown: bytes | None) -> None:
    assert upstream_id(shown) == ""
    assert upstream_id(b"req_011CSHoE") == "req_011CSHoE"
