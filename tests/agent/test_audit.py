"""Audits."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carnet.agent.audit import audit
from carnet.model.finding import Finding
from carnet.packs import named
from carnet.policy.compile import compile_tables
from carnet.policy.contexts import read_context
from carnet.policy.resolve import resolve
from carnet.policy.rulebook import rulebook

from .homes import NEW, Home

if TYPE_CHECKING:
    from pathlib import Path

SWITCHES = [
    "DISABLE_TELEMETRY", "DO_NOT_TRACK", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "CLAUDE_CODE_USE_BEDROCK",
    "DISABLE_ERROR_REPORTING", "ANTHROPIC_BASE_URL",
]  # fmt: skip
LAYER = st.fixed_dictionaries(
    {"env": st.dictionaries(st.sampled_from(SWITCHES), st.sampled_from(["1", "0", "", "true", "https://g.test"]))},
    optional={"cleanupPeriodDays": st.integers(0, 40), "skipWebFetchPreflight": st.booleans()},
)


def test_there_is_one_verdict_a_flow_in_the_packs_order(made: Home) -> None:
    found = made.audit()

    assert [one.flow for one in found.verdicts] == [flow.id for flow in rulebook(named("claude-code")).flows]
    assert [one.verdict for one in found.decided] == list(found.verdicts)


def test_the_unknown_is_counted_apart(made: Home) -> None:
    found = made.audit()

    assert found.unknown
    assert {one.verdict for one in found.unknown} == {"unknown"}


def test_findings_from_elsewhere_are_ranked_among_the_others(made: Home) -> None:
    made.environ = {"DISABLE_TELEMETRY": "1"}
    view = made.view()
    more = Finding("local.x", "high", "t", "w", "f"), Finding("local.y", "note", "t", "w", "f")
    found = audit(view.machine, view.layout, view.tables, view.context, more)

    assert [one.id for one in found.findings] == ["local.x", "opt-out.shell-only", "local.y"]
    assert [one.id for one in found.actionable] == ["local.x", "opt-out.shell-only"]


@given(user=LAYER, project=LAYER, managed=LAYER)
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_verdicts_are_those_of_the_context_the_machine_amounts_to(
    tmp_path: Path, user: object, project: object, managed: object
) -> None:
    made = Home(tmp_path / "machine")
    for layer, content in (("user", user), ("project", project), ("managed", managed)):
        made.write(layer, content)
    found = made.audit()
    book = rulebook(named("claude-code"))
    context = read_context({**found.machine.facts(), "as_of": NEW}, book, NEW)

    assert list(found.verdicts) == resolve(compile_tables(book, NEW), context.facts)


@given(user=LAYER, project=LAYER, managed=LAYER)
@hypothesis_settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_ever_written(tmp_path: Path, user: object, project: object, managed: object) -> None:
    made = Home(tmp_path / "machine")
    for layer, content in (("user", user), ("project", project), ("managed", managed)):
        made.write(layer, content)
    before = _state(made.root)
    made.audit()

    assert _state(made.root) == before


def _state(root: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "")
        for path in sorted(root.rglob("*"))
    }
