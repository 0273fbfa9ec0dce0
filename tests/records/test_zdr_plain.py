"""Whatever is called covered at once is also covered for the reader that looks twice; everyday bodies are called so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carnet.records.zdr import load_terms, outside
from carnet.records.zdr_plain import MOST, Plain
from tests.records.test_zdr import AGENT, MESSAGES, content

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

PLAIN_TERMS = Plain(load_terms())
EVERYDAY = {name: value for name, value in AGENT.items() if name not in {"container", "mcp_servers"}}


def written(said: object) -> bytes:
    """As a client writes it that leaves no white space."""
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


def inside(body: bytes) -> bool:
    return outside(MESSAGES, [], body) is None


def test_what_an_agent_sends_every_day_is_covered_at_once() -> None:
    assert PLAIN_TERMS.covers(written(EVERYDAY))
    assert PLAIN_TERMS.covers(
        written({"model": "m", "messages": [{"role": "user", "content": "é \x1b \x7f / \u2028"}]})
    )


def test_what_is_written_otherwise_is_left_to_the_reader_that_looks_twice() -> None:
    assert not PLAIN_TERMS.covers(json.dumps(EVERYDAY).encode())
    assert inside(json.dumps(EVERYDAY).encode())


def test_a_body_too_large_to_be_read_at_once_is_left_to_it() -> None:
    body = written({"messages": [{"role": "user", "content": "a" * MOST}]})
    assert not PLAIN_TERMS.covers(body)
    assert inside(body)


WORDS = (
    "file", "FILE", "ﬁle", "container_upload", "text", "custom", "bash_1", "code_execution_20250825", "mcp_toolset",
    "web_search_20250305", "web_search_20260101", "claude-fable-5-x", "claude-opus-4-8", "skills-1", "", "never heard",
)  # fmt: skip
NAMES = (
    "type", "source", "content", "model", "tools", "messages", "system", "container", "mcp_servers", "anthropic_beta",
    "role", "else",
)  # fmt: skip
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-2, 2**70), st.sampled_from(WORDS), st.floats(allow_nan=False))


def objects(inner: SearchStrategy[object]) -> SearchStrategy[object]:
    return st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)


VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | objects(inner), max_leaves=12)
BLOCKS = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(WORDS)}),
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(WORDS)}, optional={"source": inner, "content": st.lists(inner, max_size=2)}
    ),
    max_leaves=12,
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(WORDS) | VALUES,
        "tools": st.lists(st.fixed_dictionaries({"type": st.sampled_from(WORDS)}), max_size=3) | VALUES,
        "messages": st.lists(st.fixed_dictionaries({"content": st.lists(BLOCKS, max_size=3)}), max_size=3) | VALUES,
        "system": st.lists(BLOCKS, max_size=3) | VALUES,
        "container": VALUES,
        "anthropic_beta": VALUES,
        "else": VALUES,
    },
)


@given(BODIES | VALUES)
@example({"model": 0})
@example({"tools": False})
@example({"messages": 0})
@example({"container": 0})
@example({"anthropic_beta": 0})
@example({"messages": [{"content": [{"type": 0}]}]})
@example({"tools": [{"type": None}, {"type": ""}]})
def test_what_is_covered_at_once_is_covered(said: object) -> None:
    body = written(said)
    assert not PLAIN_TERMS.covers(body) or inside(body)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"7", b"\xff", b'{"a":1,"a":1}', b'{"system":[{"type":"text","type":"file"}]}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}', b'{"a":"\xff"}', b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'{"m\\u006fdel":"x"}',
    ],
)  # fmt: skip
def test_what_two_readers_could_take_for_two_things_is_not_told_at_once(body: bytes) -> None:
    assert not PLAIN_TERMS.covers(body)


@given(st.binary(max_size=60))
def test_no_bytes_break_it(body: bytes) -> None:
    assert not PLAIN_TERMS.covers(body) or inside(body)


@pytest.mark.parametrize("kind", ["file", "FILE", "container_upload"])
@pytest.mark.parametrize("where", ["source", "content"])
def test_a_block_is_found_within_others(kind: str, where: str) -> None:
    inner: object = {"type": kind}
    for _ in range(3):
        inner = {"type": "tool_result", where: [inner] if where == "content" else inner}
    assert not PLAIN_TERMS.covers(written(content(inner)))


def test_blocks_too_deep_to_be_told_are_left_to_the_reader_that_looks_twice() -> None:
    inner: dict[str, object] = {"type": "text"}
    for _ in range(12):
        inner = {"type": "text", "content": [inner]}
    assert not PLAIN_TERMS.covers(msgspec.json.encode(content(inner)))
