"""Clients nobody changed report to intake with a word in everything; not one byte of it is on the server's disk."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.keys import make_key
from carnet.settings import load
from carnet.stores import open_store
from tests.gateway.intake.ground import written
from tests.journeys.test_intake import CANARY, IN_SOURCE, Place, in_base64
from tests.journeys.vendor import Vendor
from tests.records.kept import ANN, Shelf
from tests.wire.alone import Machine
from tests.wire.conftest import FOLDER
from tests.wire.test_claude_code import COMMAND, FILES, MARKS, PROGRAMS, ask, reply, version

if TYPE_CHECKING:
    from tests.wire.test_claude_code import Lay

SCRIPT = Path(__file__).with_name("canaries.mjs")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A Carnet of its own, apart from the relay's."""
    data, now = tmp_path / "intake", datetime.now(UTC)
    settings = load({}, data / "none.toml").with_option("data", str(data))
    with closing(open_store(settings)) as store:
        shelf = Shelf(store.records, now).settle()
        _, key = make_key(store.records.api_keys, shelf.account(ANN), ["intake"], None, "test", now)
    return Place(settings, key)


def assert_nothing_of(words: tuple[str, ...], place: Place) -> None:
    plain, everything = json.dumps(place.bodies()).encode(), written(place.settings.data)
    for word in words:
        for form in (word.encode(), *in_base64(word)):
            assert form not in plain, word
            assert form not in everything, word


def test_nothing_of_a_program_for_node_is_on_the_disk(place: Place, home: Path) -> None:
    node = shutil.which("node")
    assert node is not None
    with place.serving():
        told = subprocess.run(
            [node, str(SCRIPT), FOLDER, place.key, str(place.web), CANARY],
            env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert told.stdout.endswith("done\n"), told.stderr
    reported = Counter((one["protocol"], one.get("item", "")) for one in place.bodies())
    assert reported["sentry", "event"] == 2
    assert reported["sentry", "transaction"] + reported["sentry", "span"] >= 1
    assert reported["statsig", ""] == 1
    assert_nothing_of((CANARY, IN_SOURCE, place.key, "/home/ann"), place)


@pytest.mark.parametrize("protocol", ["http/protobuf", "http/json", "grpc"])
@pytest.mark.parametrize("program", PROGRAMS[-1:] or [None], ids=[version(one) for one in PROGRAMS[-1:]] or ["none"])
def test_nothing_of_a_conversation_is_in_what_claude_code_reports_of_it(
    lay: Lay, program: Path | None, protocol: str, place: Place, tmp_path: Path
) -> None:
    assert program is not None, "npm installed no Claude Code"
    machine = Machine(program, tmp_path / "machine").set_up(FILES)
    with lay(Vendor(reply)) as line, place.serving():
        ran = ask(
            line, machine, f"What is in notes.txt? {MARKS['prompt']}", ANTHROPIC_AUTH_TOKEN=line.key,
            CLAUDE_CODE_ENABLE_TELEMETRY="1", OTEL_METRICS_EXPORTER="otlp", OTEL_LOGS_EXPORTER="otlp",
            OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{place.grpc if protocol == 'grpc' else place.web}",
            OTEL_EXPORTER_OTLP_HEADERS=f"authorization=Bearer {place.key}",
            OTEL_METRIC_EXPORT_INTERVAL="1000", OTEL_LOGS_EXPORT_INTERVAL="1000",
            OTEL_LOG_USER_PROMPTS="1", OTEL_LOG_ASSISTANT_RESPONSES="1", OTEL_LOG_TOOL_DETAILS="1",
            OTEL_LOG_TOOL_CONTENT="1", OTEL_LOG_RAW_API_BODIES="1", OTEL_RESOURCE_ATTRIBUTES=f"team={CANARY}",
        )  # fmt: skip
        assert ran.status == 0, ran
    bodies = place.bodies()
    assert {one["signal"] for one in bodies} == {"logs", "metrics"}
    names = {row["name"] for one in bodies for group in one["groups"] for row in group["records"]}
    assert {"claude_code.api_request", "claude_code.user_prompt", "claude_code.token.usage"} <= names
    assert_nothing_of((CANARY, place.key, COMMAND, "notes.txt", *MARKS.values()), place)
