"""`carnet audit`."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import carnet as package
from tests.agent.homes import Home

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Carnet, Ended

    Audited = Callable[..., Ended]

SOURCES = str(Path(package.__file__).parent.parent)


@pytest.fixture
def made(tmp_path: Path) -> Home:
    return Home(tmp_path / "machine")


@pytest.fixture
def audited(carnet: Carnet, made: Home, monkeypatch: pytest.MonkeyPatch) -> Audited:
    """Runs `carnet audit` on the made machine, in an environment without the agent's variables."""
    for name in list(os.environ):
        if name.startswith(("CLAUDE", "ANTHROPIC", "DISABLE_", "DO_NOT", "OTEL", "HTTP", "NO_PROXY", "NODE_")):
            monkeypatch.delenv(name)

    def carry_out(*args: str) -> Ended:
        root = made.root
        return carnet(
            "audit", "--home", f"{root}/home", "--project", f"{root}/project", "--managed", f"{root}/managed", *args
        )

    return carry_out


def test_a_plain_machine_has_nothing_to_say(audited: Audited) -> None:
    shown = audited("--as-of", "2026-08-22")

    assert shown.status == 0
    assert shown.out.startswith("claude-code on this machine - tier not known, provider anthropic")
    assert "rules as of 2026-08-22" in shown.out
    assert "0 findings" in shown.out
    assert shown.err == ""


def test_every_flow_has_a_row_with_its_origin(audited: Audited, made: Home) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": "1"}})
    shown = audited("--as-of", "2026-04-23")
    rows = {line.split()[0]: line for line in shown.out.splitlines()[3:17]}

    assert list(rows) == [one["flow"] for one in json.loads(audited("--json").out)["flows"]]
    assert "off" in rows["metrics"]
    assert "DISABLE_TELEMETRY=1" in rows["metrics"]
    assert "~/.claude/settings.json:3" in rows["metrics"]


def test_unknown_is_counted_and_never_shown_as_off(audited: Audited) -> None:
    shown = audited("--as-of", "2026-08-22")
    answer = json.loads(audited("--as-of", "2026-08-22", "--json").out)
    unknown = [one["flow"] for one in answer["flows"] if one["verdict"] == "unknown"]

    assert f"{len(unknown)} unknown" in shown.out
    assert f"carnet explain {unknown[0]}" in shown.out


def test_findings_are_listed_as_often_as_the_summary_says(audited: Audited, made: Home) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETERY": "1", "DISABLE_TELEMETRY": ""}})
    shown = audited()

    assert shown.status == 1
    assert "2 findings" in shown.out
    assert shown.out.count("fix: ") == 2
    assert audited("--quiet").out == shown.out.splitlines()[-1] + "\n"


def test_json_has_the_promised_fields(audited: Audited, made: Home) -> None:
    made.write("user", {"cleanupPeriodDays": 0})
    shown = audited("--json")
    answer = json.loads(shown.out)

    assert shown.status == 1
    assert answer.keys() >= {"flows", "settings", "env", "void_files", "findings"}
    assert [one["id"] for one in answer["findings"]] == ["settings.void-file"]


def test_facts_come_from_options_and_a_file(audited: Audited, tmp_path: Path) -> None:
    facts = tmp_path / "facts.toml"
    facts.write_text('tier = "max"\nclient_version = "2.1.300"\n[org]\nzdr = false\n')
    shown = audited("--as-of", "2026-08-22", "--facts", str(facts))

    assert "max tier, consumer terms" in shown.out
    assert "client 2.1.300" in shown.out
    assert "team tier, commercial terms" in audited("--facts", str(facts), "--if", "tier=team").out
    assert "provider bedrock" in audited("--if", "env.CLAUDE_CODE_USE_BEDROCK=1").out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--if", "tier"), "write FACT=VALUE"),
        (("--if", "tier=gold"), "tier: 'gold' is none of"),
        (("--if", "colour=red"), "colour: unknown fact"),
        (("--as-of", "yesterday"), "is no date"),
        (("--facts", "none.toml"), "none.toml: cannot be read"),
        (("--pack", "none"), "no pack"),
        (("--json", "--sarif", "x"), "two answers"),
        (("--want", "none.toml"), "none.toml"),
        (("--sarif", "/none/such/x.sarif"), "cannot be written"),
    ],
)
def test_bad_usage_is_named(audited: Audited, args: tuple[str, ...], told: str) -> None:
    shown = audited(*args)

    assert shown.status == 2
    assert told in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("option", ["--home", "--project", "--managed"])
def test_a_folder_that_is_none_is_named(carnet: Carnet, option: str) -> None:
    shown = carnet("audit", option, "/none/such")

    assert shown.status == 2
    assert f"{option} /none/such: no such folder" in shown.err


def test_more_detail_shows_files_and_shadowed_values(audited: Audited, made: Home) -> None:
    made.write("user", {"cleanupPeriodDays": 10})
    made.write("managed", {"cleanupPeriodDays": 5})
    shown = audited("-v")

    assert "cleanupPeriodDays=10  ~/.claude/settings.json:2  shadowed by" in shown.out
    assert "absent" in shown.out


def test_no_secret_leaves_by_any_way(audited: Audited, made: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "hunter2")
    monkeypatch.setenv("DISABLE_TELEMETERY", "sk-ant-hunter2hunter2")
    made.write("user", {"env": {"ANTHROPIC_BASE_URL": "https://u:hunter2@g.test", "ANTHROPIC_AUTH_TOKEN": "hunter2"}})
    made.write("project", {"env": {"ANTHROPIC_AUTH_TOKEN": "hunter2x"}, "apiKeyHelper": "echo hunter2"})

    for args in ((), ("-v",), ("--json",), ("--quiet",)):
        shown = audited(*args)
        assert "hunter2" not in shown.out + shown.err


def test_control_characters_of_a_file_do_not_reach_the_terminal(audited: Audited, made: Home) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": "\x1b[31m"}})

    assert "\x1b" not in audited("-v", "--as-of", "2026-04-23").out


def test_nothing_is_written(audited: Audited, made: Home) -> None:
    made.write("user", {"cleanupPeriodDays": 0})
    made.write("home/.claude/projects/-x/a.jsonl", '{"type":"user"}\n')
    before = _state(made.root)
    audited("-v")
    audited("--json")

    assert _state(made.root) == before


def _state(root: Path) -> dict[str, tuple[int, int, str]]:
    return {
        str(path): (
            stat.st_mtime_ns,
            stat.st_mode,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(root.rglob("*"))
        for stat in [path.stat()]
    }


@pytest.mark.parametrize(
    "spoil",
    [
        os.mkfifo,
        lambda path: path.mkdir(),
        lambda path: path.symlink_to(path.name),
        lambda path: path.write_bytes(os.urandom(3000)),
        lambda path: path.write_text("[" * 100_000),
        lambda path: path.write_bytes(b"\xff\xfe\x00"),
    ],
)
def test_spoilt_files_are_findings_and_never_tracebacks(
    audited: Audited, made: Home, spoil: Callable[[Path], object]
) -> None:
    for layer in ("user", "project", "local", "managed"):
        spoil(made.path(layer))
    shown = audited()

    assert shown.status == 1
    assert shown.out.count("settings.unread") + shown.out.count("settings.void-file") == 4
    assert "Traceback" not in shown.err


def test_an_environment_that_is_no_utf8_is_shown_and_breaks_nothing(made: Home, environ: dict[str, str]) -> None:
    env = {name.encode(): value.encode() for name, value in {**environ, "PYTHONPATH": SOURCES}.items()}
    env |= {b"DISABLE_TELEMETRY": b"\xff", b"DISABLE_TELEMETERY": b"\xfe1"}
    script = "from carnet.cli.main import main; main()"
    for args in (["--json"], []):
        ended = subprocess.run(
            [sys.executable, "-c", script, "audit", "--home", f"{made.root}/home", "--as-of", "2026-04-23", *args],
            env=env, capture_output=True, check=False, cwd=made.root / "project",
        )  # fmt: skip
        assert ended.returncode == 1, ended.stderr
        assert b"Traceback" not in ended.stderr


def test_it_imports_nothing_heavy(made: Home, environ: dict[str, str]) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": "1"}})
    script = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "from carnet.cli.main import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, "audit", "--home", f"{made.root}/home"],
        env={**environ, "PYTHONPATH": SOURCES}, capture_output=True, text=True, check=False, cwd=made.root / "project",
    )  # fmt: skip
    loaded = {name.partition(".")[0] for name in ended.stderr.split()}

    assert "msgspec" in loaded, ended.stderr
    assert not loaded & {
        "sqlalchemy",
        "pygit2",
        "trafilatura",
        "rich",
        "aiohttp",
        "starlette",
        "dulwich",
        "obstore",
        "lxml",
    }


def _want(tmp_path: Path, text: str) -> str:
    (tmp_path / "want.toml").write_text(text)
    return str(tmp_path / "want.toml")


def test_a_wanted_flow_that_is_as_wanted_is_no_finding(audited: Audited, made: Home, tmp_path: Path) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": "1"}})

    assert audited("--want", _want(tmp_path, '[flows]\nmetrics = "off"\n')).status == 0


def test_a_wanted_flow_that_is_not_is_one(audited: Audited, tmp_path: Path) -> None:
    shown = audited("--want", _want(tmp_path, '[flows]\nmetrics = "off"\n'), "--as-of", "2026-04-23")

    assert shown.status == 1
    assert "want.flow" in shown.out


def test_a_wanted_flow_that_cannot_be_told_ends_with_three(audited: Audited, made: Home, tmp_path: Path) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETRY": "0"}})
    shown = audited("--want", _want(tmp_path, '[flows]\nmetrics = "off"\n'), "--as-of", "2026-04-23")

    assert shown.status == 3
    assert "want.unknown" in shown.out


def test_sarif_goes_to_its_file_and_the_page_to_stderr(audited: Audited, made: Home, tmp_path: Path) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETERY": "1"}})
    shown = audited("--sarif", str(tmp_path / "x.sarif"))
    read = json.loads((tmp_path / "x.sarif").read_text())

    assert shown.out == ""
    assert "control.misspelt" in shown.err
    assert [one["ruleId"] for one in read["runs"][0]["results"]] == ["control.misspelt"]
    assert json.loads(audited("--sarif", "-").out) == read


def test_all_answers_have_the_same_findings(audited: Audited, made: Home) -> None:
    made.write("user", {"env": {"DISABLE_TELEMETERY": "1", "DISABLE_TELEMETRY": ""}})
    made.write("project", {"cleanupPeriodDays": 99})
    answer = json.loads(audited("--json").out)
    results = json.loads(audited("--sarif", "-").out)["runs"][0]["results"]
    page = [
        line.split()[1] for line in audited().out.splitlines() if line.startswith(("high ", "medium", "low ", "note "))
    ]

    assert [one["id"] for one in answer["findings"]] == [one["ruleId"] for one in results] == page
