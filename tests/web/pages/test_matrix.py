from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

SERVICES = ("metrics", "errors", "feedback", "survey", "domain-check")
PROVIDERS = ("anthropic", "vertex", "bedrock", "foundry")


def cells(client: TestClient, query: str) -> dict[str, dict[str, Any]]:
    """Flow -> provider -> cell of the JSON twin."""
    answer = client.get(f"/matrix.json?{query}").json()
    return {row["flow"]: row["providers"] for row in answer["flows"]}


def cell_of(page: str, label: str) -> str:
    """The table cell whose link is labelled so."""
    before, _, after = page.partition(f": {label}</span>")
    return before[before.rindex("<td") :] + after[: after.index("</td>")]


@pytest.mark.corpus
def test_the_founding_page_s_table_comes_out_cell_by_cell(empty: TestClient, corpus: Path) -> None:
    text = (corpus / "data-usage-page.txt").read_text("utf-8")
    table = text.partition("Foundry API\n")[2].partition("All environment variables")[0]
    told = re.findall(r"(Default (?:on|off))\.\n(.+?)\.\n", table)
    assert len(told) == len(SERVICES) * len(PROVIDERS)
    found = cells(empty, "as_of=2026-04-23")
    ours = [found[service][provider] for service in SERVICES for provider in PROVIDERS]
    assert [(one["says"], _as_printed(one)) for one in ours] == told


def _as_printed(one: dict[str, Any]) -> str:
    if one["because"]:
        return f"{one['because'].removesuffix('=1')} must be 1"
    place = " in settings" if ":" in one["disables"][0] else ""
    return f"{one['disables'][0]}{place} to disable"


def test_a_cell_shows_mark_word_the_document_s_word_and_what_disables_it(empty: TestClient) -> None:
    found = cell_of(empty.get("/matrix?as_of=2026-04-23").text, "Usage metrics with Claude API")
    assert 'class="vm vm-on"' in found
    assert "<span>on</span>" in found
    assert "Default on." in found
    assert "DISABLE_<wbr>TELEMETRY=<wbr>1" in found
    assert 'href="/explain/metrics?as_of=2026-04-23&amp;provider=anthropic"' in found


def test_a_control_changes_exactly_what_it_should(empty: TestClient) -> None:
    plain, with_it = (
        cells(empty, f"as_of=2026-04-23{more}") for more in ("", "&env.CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY=1")
    )
    changed = {
        flow for flow, row in plain.items() for name in row if row[name]["verdict"] != with_it[flow][name]["verdict"]
    }
    assert changed == {"survey"}
    assert {one["because"] for one in with_it["survey"].values()} == {"CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY=1"}


def test_unknown_has_a_word_a_mark_and_a_reason_of_its_own(empty: TestClient) -> None:
    text = empty.get("/matrix?as_of=2026-04-23").text
    unknown = cell_of(text, "Usage metrics with LLM gateway")
    assert "vm-unknown" in unknown
    assert "c-unknown" in unknown
    assert "no document says" in unknown
    assert "vm-off" not in unknown
    hanging = cells(empty, "as_of=2026-08-22")["errors"]["anthropic"]
    assert hanging["verdict"] == "unknown"
    assert hanging["missing"] == ["client_version", "credential", "tier"]
    assert "the account tier" in hanging["why"]


def test_a_date_before_the_first_capture_is_unknown_everywhere(empty: TestClient) -> None:
    verdicts = {one["verdict"] for row in cells(empty, "as_of=2024-01-01").values() for one in row.values()}
    assert verdicts == {"unknown"}


def test_a_form_leads_to_a_short_address_of_its_own(empty: TestClient) -> None:
    found = empty.get("/matrix?as_of=2026-04-23&tier=&env.DISABLE_TELEMETRY=1&org.zdr=", follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (303, "/matrix?as_of=2026-04-23&env.DISABLE_TELEMETRY=1")
    assert (
        f'href="{found.headers["location"].replace("&", "&amp;")}">Permalink'
        in empty.get("/matrix?as_of=2026-04-23&env.DISABLE_TELEMETRY=1").text
    )


def test_the_form_keeps_what_was_chosen(empty: TestClient) -> None:
    text = empty.get("/matrix?as_of=2026-04-23&env.DISABLE_TELEMETRY=0&org.zdr=?").text
    assert '<option value="0" selected>set to 0</option>' in text
    assert '<option value="?" selected>not known</option>' in text


def test_the_provider_of_the_context_is_marked(empty: TestClient) -> None:
    text = empty.get("/matrix?as_of=2026-04-23&provider=bedrock").text
    assert re.search(r'<th scope="col" class="here">Amazon Bedrock.*?here</span></th>', text)


def test_every_provider_s_column_is_what_a_context_of_its_own_gives(empty: TestClient) -> None:
    found = cells(empty, "as_of=2026-08-22&tier=team")
    for provider in PROVIDERS:
        alone = empty.get(f"/explain/errors.json?as_of=2026-08-22&tier=team&provider={provider}").json()
        assert alone["verdict"] == found["errors"][provider]["verdict"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("as_of=yesterday", "is no date"),
        ("as_of=2026-99-99", "is no date"),
        ("tier=platinum", "is none of"),
        ("nonsense=1", "unknown fact"),
        ("provider=<script>alert(1)</script>", "is none of"),
        ("context={", "not JSON"),
        ("context=[1]", "JSON object"),
        ("context=" + "%5B" * 1200, "not JSON"),
        ('context={"env":{"DISABLE_TELEMETRY":1}}', "string"),
        ("pack=nothing", "no pack"),
        ("org.zdr=perhaps", "neither true nor false"),
        ("client_version=new", "no version"),
        ("env.X=" + "a" * 5000, "too long"),
        ("&".join(f"env.A{n}=1" for n in range(200)), "200 parameters"),
    ],
)
@pytest.mark.parametrize("page", ["/matrix", "/flows", "/explain/metrics", "/matrix.json", "/flows.mermaid"])
def test_hostile_or_wrong_input_is_refused_in_words(empty: TestClient, page: str, query: str, says: str) -> None:
    found = empty.get(f"{page}?{query}")
    assert found.status_code == 400
    assert says in found.text
    assert "<script>alert" not in found.text or page.endswith(".json")
    assert "Traceback" not in found.text


def test_a_hostile_name_is_shown_as_text(empty: TestClient) -> None:
    text = empty.get('/matrix?env.<img src=x onerror=alert(1)>="><script>').text
    assert "<img src=x" not in text
    assert '"><script>' not in text


def test_carnet_s_own_records_are_shown_by_terms_with_how_long_they_are_kept(empty: TestClient) -> None:
    query = "pack=carnet&as_of=2026-11-26&tier=pro&model_improvement=on&provider=anthropic"
    answer = empty.get(f"/matrix.json?{query}").json()
    assert (answer["by"], [one["id"] for one in answer["providers"]]) == ("terms", ["consumer", "commercial"])
    text = empty.get(f"/matrix?{query}").text
    assert "What is kept here, by terms" in text
    assert "Kept 5 years, may train" in cell_of(text, "Prompts and outputs with Consumer")
    assert "Kept 30 days, no training" in cell_of(text, "Prompts and outputs with Commercial")
    assert "Kept" not in cell_of(empty.get(f"/matrix?{query}&org.zdr=on").text, "Feedback with Consumer")


def test_the_packs_of_agents_go_before_carnet_s_own(empty: TestClient) -> None:
    text = empty.get("/matrix?as_of=2026-11-26").text
    assert text.index("Claude Code</span>") < text.index("Codex CLI</a>") < text.index("Carnet&#39;s own records</a>")
    assert "Kept" not in cell_of(text, "Prompts and outputs with Claude API")
