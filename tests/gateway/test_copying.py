from __future__ import annotations

import pytest

from carnet.gateway.contract import How
from tests.gateway import upstream as fake
from tests.gateway.ground import Memory, parted, relaying, request, unchunked

STREAM = fake.STREAM + fake.chunk(fake.START) + fake.chunk(fake.STOP) + b"0\r\n\r\n"


@pytest.mark.parametrize("step", ["response_head", "response_bytes", "end"])
async def test_a_tap_that_breaks_harms_no_exchange_and_is_counted(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Memory, step, broken)
    async with fake.running(fake.saying(STREAM)) as upstream, relaying(upstream.url) as ground:
        _, body = parted(await ground.ask(request(b"{}")))
        assert unchunked(body)[0] == fake.START + fake.STOP
        assert ground.relay.metrics.unrecorded.counts == {("end" if step == "end" else "response",): 1}
        if step != "end":
            assert (await ground.desk.end()).usage.output == 57


async def test_a_tap_gets_every_byte_in_order_and_one_end() -> None:
    async with fake.running(fake.saying(STREAM)) as upstream, relaying(upstream.url) as ground:
        await ground.ask(request(b"{}"))
        tap = ground.desk.taps[0]
        assert b"".join(tap.chunks) == fake.START + fake.STOP
        assert (tap.upstream, len(tap.ends), tap.ends[0].size) == ("one", 1, len(fake.START + fake.STOP))
        assert tap.head is not None
        assert tap.head.fields[b"transfer-encoding"] == b"chunked"


@pytest.mark.parametrize("at_once", [0, 100, 1 << 20])
async def test_what_events_say_is_read_however_many_are_read_together(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carnet.gateway.copying.READ_AT_ONCE", at_once)
    events = [fake.START, *[fake.DELTA] * 20, fake.STOP]
    raw = fake.STREAM + b"".join(map(fake.chunk, events)) + b"0\r\n\r\n"
    async with fake.running(fake.saying(raw)) as upstream, relaying(upstream.url) as ground:
        await ground.ask(request(b"{}"))
        usage = (await ground.desk.end()).usage
        assert (usage.model, usage.output, usage.events) == ("claude-test-1", 57, 23)


async def test_what_a_broken_stream_said_before_it_broke_is_known() -> None:
    async def script(turn: fake.Turn) -> None:
        await turn.send(fake.STREAM, fake.chunk(fake.START), fake.chunk(fake.DELTA[:20]))
        turn.reset()

    async with fake.running(script) as upstream, relaying(upstream.url) as ground:
        await ground.ask(request(b"{}"))
        ended = await ground.desk.end()
        assert (ended.how, ended.usage.model, ended.usage.events) == (How.UPSTREAM_LOST, "claude-test-1", 1)
