from __future__ import annotations

import json

import pytest

from carnet.gateway.conformance import saying

NONCE = b"carnet-check-" + b"0" * 16


@pytest.mark.parametrize("size", [0, 1, 85 << 10])
def test_bodies_are_json_that_no_serialiser_writes(size: int) -> None:
    for body in (saying.asked("m", NONCE, size, b',"stream" : true'), saying.answered("m", NONCE, size)):
        read = json.loads(body)
        assert read["model"] == "m"
        for separators in ((",", ":"), (", ", ": ")):
            for plain in (True, False):
                assert json.dumps(read, separators=separators, ensure_ascii=plain).encode() != body
    assert len(saying.fill(size)) == size


def test_errors_have_the_shape_of_the_format() -> None:
    read = json.loads(saying.refused("api_error", "no"))
    assert (read["type"], read["error"]["type"], read["error"]["message"]) == ("error", "api_error", "no")


def test_a_stream_is_one_of_the_format() -> None:
    stream = saying.start("m") + saying.delta(1) + saying.PING + saying.STOP
    events = [block.split(b"\n") for block in stream.split(b"\n\n")[:-1]]
    for name, data in events:
        assert json.loads(data.removeprefix(b"data: "))["type"].encode() == name.removeprefix(b"event: ")
    assert saying.chunk(b"abc") == b"3\r\nabc\r\n"
