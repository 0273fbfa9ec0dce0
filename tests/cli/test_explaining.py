"""An explanation, printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from carnet.cli.explaining import headline, print_explanation
from carnet.model.explanation import Quote, Quoted
from carnet.packs import named
from carnet.policy.contexts import read_context
from carnet.policy.explain import explain
from carnet.policy.rulebook import rulebook
from tests.policy.books import claude

if TYPE_CHECKING:
    import pytest

DAY = date(2026, 4, 23)
AT = datetime(2026, 4, 22, 3, 58, tzinfo=UTC)
FOUND = explain(claude(), "survey", read_context({"provider": "bedrock", "as_of": DAY.isoformat()}, claude(), DAY))


def test_the_headline_says_what_was_supposed_and_what_is() -> None:
    assert headline(FOUND, {}, "on") == "survey is on    (on this machine, as of 2026-04-23)"
    assert headline(FOUND, {"env.OFF": None, "org.zdr": True}, "off") == (
        "survey is on    (with OFF unset and zero data retention=True, as of 2026-04-23; on this machine it is off)"
    )


def test_a_quoted_sentence_can_steer_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    cite = FOUND.verdict.citations[0]
    quote = Quote("agent/page", ("Logs",), "Logs\x1b[2J stay.", "https://page.example/", "d" * 64, AT, AT, AT)
    print_explanation(FOUND, [Quoted(cite, quote)], {}, "on", "claude-code")
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "seen 2026-04-22 03:58 .. 2026-04-22 03:58 UTC" in shown
    assert "https://page.example/" in shown


def test_a_verdict_that_rests_on_silence_cites_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    silent = replace(FOUND, rule=None, verdict=replace(FOUND.verdict, means="", rule="", citations=(), missing=()))
    print_explanation(silent, [], {}, "on", "claude-code")
    shown = capsys.readouterr().out
    assert "means       No document of that day says." in shown
    assert "cites       nothing: no sentence of a document says so" in shown


def test_that_no_document_says_is_not_listed_once_a_rule_decides(capsys: pytest.CaptureFixture[str]) -> None:
    context = read_context({"provider": "anthropic", "as_of": DAY.isoformat()}, claude(), DAY)
    found = explain(claude(), "metrics", context)
    assert "metrics.silent" in [rule.id for rule in found.holds]
    print_explanation(found, [], {}, "on", "claude-code")
    assert "metrics.silent" not in capsys.readouterr().out


def test_where_no_machine_is_read_the_headline_speaks_of_none() -> None:
    assert headline(FOUND, {}, "") == "survey is on    (as of 2026-04-23)"
    assert headline(FOUND, {"org.zdr": True}, "") == "survey is on    (with zero data retention=True, as of 2026-04-23)"


def shown_of(capsys: pytest.CaptureFixture[str], **facts: str) -> str:
    """What is printed of the prompts that Carnet itself keeps."""
    own = rulebook(named("carnet"))
    print_explanation(explain(own, "inference", read_context(facts, own, DAY)), [], {}, "", "carnet")
    return capsys.readouterr().out


def test_a_rule_of_carnet_s_own_says_whose_promise_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    shown = shown_of(capsys, terms="consumer")
    assert "inference.consumer   since 2025-06-01   pack carnet   (decided by Carnet itself)" in shown
    assert "cites       nothing: it is a promise of Carnet’s own" in shown


def test_where_every_rule_in_question_says_the_same_none_of_them_is_put_forward(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = shown_of(capsys)
    assert "means       Which rule decides it is open; every one that comes into question gives the same" in shown
    assert "it prints" not in shown
