from __future__ import annotations

from carnet.gateway.usage import LONGEST, Usage, read, with_said


def test_later_numbers_stand_for_the_whole() -> None:
    usage = Usage("m", input=5, output=1)
    said = read(b'{"type":"message_delta","usage":{"output_tokens":40},"delta":{"stop_reason":"tool_use"}}')
    assert said is not None
    assert with_said(usage, said) == Usage("m", input=5, output=40, stop_reason="tool_use")


def test_tokens_that_count_are_those_that_were_computed() -> None:
    assert Usage(input=5, output=7, cache_written=2, cache_read=1000).tokens == 14
    assert Usage(input=-5).tokens == 0


def test_a_long_name_is_cut() -> None:
    said = read(b'{"model":"%b"}' % (b"m" * 5000))
    assert said is not None
    assert len(with_said(Usage(), said).model) == LONGEST


def test_deep_nesting_is_nothing_of_this_kind() -> None:
    assert read(b'{"content":' + b"[" * 100_000) is None
