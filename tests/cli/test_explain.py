"""`carnet explain`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from carnet.packs import named
from carnet.policy.rulebook import rulebook

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.stores.contract import Store

    from .conftest import Carnet

DAY = ("--as-of", "2026-04-23")


def test_a_flow_is_explained_without_a_store_and_none_is_made(carnet: Carnet, data: Path) -> None:
    shown = carnet("explain", "survey", *DAY, "--if", "provider=bedrock")
    assert (shown.status, data.exists()) == (0, False)
    assert shown.out.startswith("survey is on    (with provider=bedrock, as of 2026-04-23; on this machine it is too)")
    assert "not captured here: carnet capture claude-code/data-usage" in shown.out
    assert "DISABLE_TELEMETRY set -> off   (--if env.DISABLE_TELEMETRY=1)" in shown.out


def test_what_is_set_on_this_machine_counts(carnet: Carnet, home: Path) -> None:
    (home / ".claude").mkdir()
    (home / ".claude" / "settings.json").write_text('{"env": {"DISABLE_TELEMETRY": "1"}}')
    assert carnet("explain", "metrics", *DAY).out.startswith("metrics is off    (on this machine")
    unset = carnet("explain", "metrics", *DAY, "--if", "env.DISABLE_TELEMETRY=")
    assert unset.out.startswith(
        "metrics is on    (with DISABLE_TELEMETRY unset, as of 2026-04-23; on this machine it is off)"
    )


def test_another_home_can_be_named(carnet: Carnet, tmp_path: Path) -> None:
    (tmp_path / "other" / ".claude").mkdir(parents=True)
    (tmp_path / "other" / ".claude" / "settings.json").write_text('{"env": {"DISABLE_TELEMETRY": "1"}}')
    shown = carnet("explain", "metrics", *DAY, "--home", str(tmp_path / "other"))
    assert shown.out.startswith("metrics is off")


def test_what_follows_from_a_supposed_switch_is_derived(carnet: Carnet) -> None:
    shown = carnet("explain", "metrics", *DAY, "--if", "env.CLAUDE_CODE_USE_BEDROCK=1")
    assert shown.out.startswith("metrics is off")
    assert "metrics.off-on-two-clouds" in shown.out


def test_json_has_the_verdict_and_why(carnet: Carnet) -> None:
    answer = json.loads(carnet("explain", "survey", *DAY, "--if", "env.DISABLE_TELEMETRY=1", "--json").out)
    assert (answer["flow"], answer["verdict"], answer["rule"]) == ("survey", "off", "survey.telemetry-off")
    assert answer["would_flip"] == [
        {"fact": "env.DISABLE_TELEMETRY", "value": "unset", "verdict": "on", "words": "DISABLE_TELEMETRY unset"}
    ]
    assert answer["quotes"][0]["text"] is None
    assert (answer["since"], answer["before"]) == ("2026-02-03", "on")


@pytest.mark.parametrize("flow", [flow.id for flow in rulebook(named("claude-code")).flows])
def test_every_rule_of_a_flow_is_listed_once(carnet: Carnet, flow: str) -> None:
    answer = json.loads(carnet("explain", flow, *DAY, "--json").out)
    told = [answer["rule"], *answer["also"], *(one["rule"] for one in (*answer["holds"], *answer["tried"]))]
    told = [rule for rule in told if rule]
    book = rulebook(named("claude-code"))
    standing = {
        rule.id
        for rule in book.rules
        if rule.flow == flow
        and rule.since.isoformat() <= "2026-04-23"
        and (rule.until is None or rule.until.isoformat() > "2026-04-23")
    }
    assert (len(told), set(told)) == (len(set(told)), standing)


def test_what_is_missing_is_named_with_what_it_would_settle(carnet: Carnet) -> None:
    shown = carnet("explain", "errors", "--as-of", "2026-08-22", "--if", "tier=pro", "--if", "provider=anthropic")
    assert shown.out.startswith("errors is unknown")
    assert "client before 2.1.198 -> it is off" in shown.out
    assert "client 2.1.198 or later -> it is on" in shown.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("surveys",), "did you mean survey"),
        (("survey", "--if", "provider"), "write FACT=VALUE"),
        (("survey", "--if", "provider=moon"), "'moon' is none of anthropic"),
        (("survey", "--if", "nothing=1"), "nothing: unknown fact"),
        (("survey", "--as-of", "soon"), "'soon' is no date"),
        (("survey", "--pack", "nope"), "no pack 'nope'"),
        (("survey", "--home", "/nowhere/at/all"), "no such folder"),
    ],
)
def test_what_cannot_be_explained_is_told_in_one_line(carnet: Carnet, arguments: tuple[str, ...], told: str) -> None:
    shown = carnet("explain", *arguments)
    assert shown.status == 2
    assert told in shown.err
    assert "Traceback" not in shown.err


def test_neither_the_store_nor_git_is_loaded_where_there_is_no_store(environ: dict[str, str]) -> None:
    program = (
        "import sys; from carnet.cli.main import run; run(['explain', 'survey']); "
        "print([name for name in ('sqlalchemy', 'pygit2', 'rich') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.corpus
def test_the_sentence_is_quoted_from_the_store(carnet: Carnet, claude_store: Store, data: Path) -> None:
    data.symlink_to(folder_of(claude_store))
    shown = carnet("explain", "survey", *DAY, "--if", "env.DISABLE_TELEMETRY=1", "--json")
    quoted = json.loads(shown.out)["quotes"][0]
    assert "DISABLE_TELEMETRY" in quoted["text"]
    assert quoted["found_in"]["document"] == "claude-code/data-usage"
    assert quoted["first"].startswith("2026-03-17T06:53")
    assert quoted["link"].startswith("https://")
    text = carnet("explain", "survey", *DAY, "--if", "env.DISABLE_TELEMETRY=1").out
    assert f"“{quoted['text']}”" in text
    assert "not captured here" not in text


def folder_of(store: Store) -> Path:
    """The data folder of an embedded store."""
    folder = getattr(store, "_data")  # noqa: B009 - the contract does not name it
    assert folder.is_dir()
    return folder  # type: ignore[no-any-return]


def test_a_pack_that_reads_no_machine_speaks_of_none(carnet: Carnet) -> None:
    shown = carnet("explain", "inference", *DAY, "--pack", "carnet", "--if", "terms=consumer")
    assert shown.out.startswith("inference is on    (with terms=consumer, as of 2026-04-23)\n")
