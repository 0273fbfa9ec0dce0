"""An audit as lines of text."""

from __future__ import annotations

from pathlib import Path

import pytest

from carnet.cli.audit_table import columns, details, header, page, summary, tilde
from tests.agent.homes import Home


@pytest.fixture
def made(tmp_path: Path) -> Home:
    return Home(tmp_path / "machine")


def test_the_header_names_tier_terms_provider_and_day(made: Home) -> None:
    assert header(made.audit()) == (
        "claude-code on this machine - tier not known, provider anthropic - rules as of 2026-08-22"
    )
    made.facts = {"tier": "pro", "client_version": "2.1.300", "env.CLAUDE_CODE_USE_BEDROCK": "maybe"}
    assert header(made.audit()) == (
        "claude-code on this machine - pro tier, consumer terms, provider not known, client 2.1.300"
        " - rules as of 2026-08-22"
    )


def test_the_summary_counts_what_the_page_lists(made: Home) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETERY": "1"}})
    found = made.audit()

    assert summary(found).startswith(f"1 finding, {len(found.unknown)} unknown. Explain one: carnet explain ")
    assert sum("fix: " in line for line in page(found)) == 1


def test_notes_are_counted_apart(made: Home) -> None:
    made.environ = {"CLAUDE_CODE_USE_BEDROCK": "1"}

    assert summary(made.audit()).startswith("0 findings, ")
    assert "note" in summary(made.audit())


def test_nothing_is_cut(made: Home) -> None:
    long = "x" * 300
    made.write("project", {"env": {"ANTHROPIC_BASE_URL": f"https://{long}.test"}})

    assert any(f"{long}.test" in line for line in page(made.audit()))


def test_details_list_files_and_shadowed_values(made: Home) -> None:
    made.environ = {"DISABLE_TELEMETRY": "1"}
    made.write("user", {"env": {"DISABLE_TELEMETRY": "0"}})
    lines = details(made.audit())

    assert "  DISABLE_TELEMETRY=1  environment  shadowed by ~/.claude/settings.json:3" in lines
    assert any(line.startswith("  user") and "read" in line for line in lines)


def test_columns_are_aligned_without_trailing_space() -> None:
    assert columns([("a", "bb", "c"), ("aaa", "b", "")]) == ["a    bb  c", "aaa  b"]


def test_the_home_is_written_as_a_tilde() -> None:
    assert tilde("/home/ada/.claude/x:1", Path("/home/ada")) == "~/.claude/x:1"
    assert tilde("/home/adam/x", Path("/home/ada")) == "/home/adam/x"
