"""Nothing outside zero data retention passes, whatever form it is asked for in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.errors import CarnetError
from carnet.records.zdr import UNREADABLE, load_terms, outside, read_terms

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = b"/v1/messages?beta=true"
CLIENT = {"name": "Bash", "description": "d", "input_schema": {"type": "object", "properties": {"type": {}}}}
AGENT = {
    "model": "claude-opus-4-8",
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": "words"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Bash", "input": {"type": "file"}}]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "file"}]},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aa"}},
            ],
        },
    ],
    "tools": [CLIENT, {"type": "custom", **CLIENT}, {"type": "bash_20250124", "name": "bash"}],
    "thinking": {"type": "adaptive"},
    "output_config": {"effort": "high"},
    "context_management": {"edits": [{"type": "clear_thinking_20251015"}]},
    "metadata": {"user_id": "{}"},
    "container": None,
    "mcp_servers": [],
}
BETAS = b"claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24"


def asked(changes: dict[str, object], path: bytes = MESSAGES, betas: bytes = BETAS, provider: str = "anthropic") -> str:
    body = json.dumps({**AGENT, **changes}).encode()
    return outside(path, [(b"Anthropic-Beta", betas)], body, provider) or ""


def content(*blocks: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": list(blocks)}]}


def test_what_an_agent_sends_every_day_is_inside() -> None:
    assert asked({}) == ""
    assert asked({}, b"/v1/messages/count_tokens") == ""
    for path in (b"/v1/models?limit=1000", b"/v1/models/claude-opus-4-8", b"/api/hello"):
        assert outside(path, [], b"") is None


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"tools": [{"type": "code_execution_20250825", "name": "c"}]}, "code-execution"),
        ({"tools": [CLIENT, {"type": "CODE_EXECUTION_20260120"}]}, "code-execution"),
        ({"container": "c_1"}, "code-execution"),
        ({"container": {"skills": [{}]}}, "code-execution"),
        ({"mcp_servers": [{"type": "url", "url": "https://one.test"}]}, "mcp-connector"),
        ({"tools": [{"type": "mcp_toolset"}]}, "mcp-connector"),
        ({"tools": [{"type": "web_search_20260209"}]}, "dynamic-web"),
        ({"tools": [{"type": "something_20290101"}]}, "tool"),
        ({"model": "claude-fable-5-20260601"}, "models-that-keep"),
        ({"anthropic_beta": ["files-api-2025-04-14"]}, "files"),
        (content({"type": "document", "source": {"type": "file", "file_id": "f"}}), "files"),
        (content({"type": "container_upload", "file_id": "f"}), "files"),
        (
            content({"type": "tool_result", "content": [{"type": "image", "source": {"type": "file"}}]}),
            "files",
        ),
        (
            content({"type": "document", "source": {"type": "content", "content": [{"source": {"type": "file"}}]}}),
            "files",
        ),
    ],
)
def test_what_a_body_asks_for_is_found(changes: dict[str, object], rule: str) -> None:
    assert asked(changes).endswith(f"({rule})")


@pytest.mark.parametrize("tool", ["web_search_20250305", "web_fetch_20250910", "text_editor_20250728", None])
def test_tools_that_are_covered_pass(tool: str | None) -> None:
    assert asked({"tools": [{"type": tool, "name": "n"}]}) == ""


@pytest.mark.parametrize(
    ("token", "rule"),
    [
        ("files-api-2025-04-14", "files"),
        ("Code-Execution-2025-08-25", "code-execution"),
        ("skills-2025-10-02", "skills"),
        ("mcp-client-2025-11-20", "mcp-connector"),
        ("message-batches-2024-09-24", "batches"),
    ],
)
def test_a_beta_is_found_wherever_it_stands(token: str, rule: str) -> None:
    for betas in (token.encode(), BETAS + b" ,\t" + token.encode(), token.encode() + b"," + BETAS):
        assert asked({}, betas=betas).endswith(f"({rule})")
    headers = [(b"anthropic-beta", BETAS), (b"ANTHROPIC-BETA", token.encode())]
    assert (outside(MESSAGES, headers, b"{}") or "").endswith(f"({rule})")


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (b"/v1/files", "files"),
        (b"/v1/files/f_1/content", "files"),
        (b"/v1/messages/batches", "batches"),
        (b"/v1/skills?x", "skills"),
        (b"/v1/%66iles", "path"),
        (b"/v1/messages/../files", "path"),
        (b"//v1/messages", "path"),
        (b"/v1/messages/", "path"),
        (b"/v1/models/..", "path"),
        (b"/v1/models/a/b", "path"),
        (b"/v2/messages", "path"),
        (b"", "path"),
    ],
)
def test_every_path_that_is_not_known_to_be_covered_is_outside(path: bytes, rule: str) -> None:
    assert (outside(path, [], b"") or "").endswith(f"({rule})")


def test_other_providers_keep_to_terms_of_their_own() -> None:
    for provider in ("foundry", "anthropic-aws", "unheard-of"):
        assert "terms of its own" in asked({}, provider=provider)


@pytest.mark.parametrize(
    "body",
    [
        b'{"tools":[{"type":"code_execution_20250825"}],"tools":[]}',
        b'{"tools":[],"to\\u006fls":[{"type":"code_execution_20250825"}]}',
        b'{"tools":[{"type":"code_execution_20250825","type":"custom"}]}',
        b'{"messages":[{"content":[{"type":"file","type":"text"}]}]}',
        b'{"tools":{"type":"code_execution_20250825"}}',
        b'{"tools":["code_execution_20250825"]}',
        b'{"tools":[{"type":["code_execution_20250825"]}]}',
        b'{"model":["claude-fable-5"]}',
        b'\xef\xbb\xbf{"tools":[]}',
        '{"tools":[]}'.encode("utf-16"),
        b"--boundary\r\ncontent-disposition: form-data\r\n",
        b"\x1f\x8b\x08\x00",
        b"[]",
        b"null",
        b" ",
        b'{"tools":[]}{}',
        b'{"a":' + b"[" * 100_000,
        b'{"messages":[{"content":' + b'[{"content":' * 50 + b"[]" + b"}]" * 50 + b"}]}",
    ],
)
def test_what_two_readers_could_take_for_two_things_is_outside(body: bytes) -> None:
    assert outside(MESSAGES, [], body) == UNREADABLE


def test_an_encoded_body_is_outside() -> None:
    assert outside(MESSAGES, [(b"Content-Encoding", b"gzip")], b"{}") == UNREADABLE
    assert outside(MESSAGES, [(b"content-encoding", b"identity")], b"{}") is None
    assert outside(b"/v1/m\xc3\xa9", [], b"") == UNREADABLE


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_it(body: bytes) -> None:
    try:
        whole = isinstance(json.loads(body), dict)
    except ValueError:
        whole = False
    assert (outside(MESSAGES, [], body) is None) <= (whole or not body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=20,
    )
)
def test_fields_that_no_rule_reads_decide_nothing(value: object) -> None:
    assert asked({"some_field": value}) == ""


def test_every_rule_has_an_id_of_its_own_words_and_something_to_meet() -> None:
    terms = load_terms()
    assert len({rule.id for rule in terms.rule}) == len(terms.rule)
    for rule in terms.rule:
        assert rule.means.endswith(".")
        assert any((rule.providers, rule.paths, rule.betas, rule.models, rule.tools, rule.fields, rule.blocks))


def test_terms_that_cannot_be_read_are_told_by_their_file(tmp_path: Path) -> None:
    file = tmp_path / "zdr.toml"
    for text in ("rule = 1", "[[rule]]\nid = 'a'\nmeans = 'b'\npath = ['typo']", "x"):
        file.write_text(text)
        with pytest.raises(CarnetError, match=r"zdr\.toml"):
            read_terms(file)
