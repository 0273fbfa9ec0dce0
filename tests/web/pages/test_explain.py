from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from carnet.settings import Settings
    from carnet.stores.contract import Store

SURVEY = "/explain/survey?as_of=2026-04-23&env.DISABLE_TELEMETRY=1"
CHANGE = re.compile(r'<li><a href="([^"]+)">[^<]+</a> <span class="to".*?class="vw vw-([a-z-]+)"', re.DOTALL)


def text_of(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", markup).split())


def test_the_verdict_its_rule_and_what_is_known_of_the_flow_are_told(empty: TestClient) -> None:
    text = empty.get("/explain/metrics?as_of=2026-04-23&provider=anthropic").text
    assert "Usage metrics: on" in text_of(text.partition("<h1")[2].partition("</h1>")[0])
    assert "<code>metrics.default</code>" in text
    assert "With the vendor&#39;s own API metrics are on by default." in text
    for name, value in (
        ("Necessity", "optional"),
        ("Sent to", "Statsig"),
        ("In transit", "TLS"),
        ("Kept", "not stated"),
    ):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in text


def test_without_the_history_our_own_words_stand_in_and_the_way_to_it_is_told(empty: TestClient) -> None:
    text = empty.get(SURVEY).text
    assert "<blockquote>" not in text
    assert "the sentence was not captured here" in text
    assert "Get the history" in text
    assert "Session quality surveys" in text


@pytest.mark.corpus
def test_with_the_history_the_sentence_is_quoted_and_leads_to_its_version(
    store: Store, settings: Settings, empty: TestClient, bundle: Path
) -> None:
    from carnet.documents.history.importing import Request, import_history  # noqa: PLC0415 - one test

    import_history(store, settings, Request(str(bundle), "claude-code", ("*data-usage.md",)))
    text = empty.get(SURVEY).text
    quoted = text.partition("<blockquote>")[2].partition("</blockquote>")[0]
    assert "DISABLE_TELEMETRY" in quoted
    href = re.search(r'href="(/documents/claude-code/[^"]*/annotated/[^"#]+)', text)
    assert href is not None
    assert empty.get(href[1]).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        SURVEY,
        "/explain/metrics?as_of=2026-04-23&provider=anthropic",
        "/explain/errors?as_of=2026-08-22&provider=anthropic&tier=pro",
        "/explain/updates?as_of=2026-08-22",
        "/explain/cloud-session?as_of=2026-08-22&provider=anthropic&org.zdr=?",
    ],
)
def test_every_change_it_names_gives_the_verdict_it_names(empty: TestClient, path: str) -> None:
    text = empty.get(path).text
    part = text.partition('id="flips"')[2].partition("</section>")[0]
    changes = CHANGE.findall(part)
    assert changes
    for href, verdict in changes:
        plain = href.replace("&amp;", "&")
        answer = empty.get(plain.replace("?", ".json?", 1)).json()
        assert answer["verdict"] == verdict, href


def test_a_missing_fact_is_named_with_what_each_answer_would_settle(empty: TestClient) -> None:
    text = empty.get("/explain/errors?as_of=2026-08-22&provider=anthropic").text
    assert "The verdict is open" in text
    assert "the account tier" in text
    part = text.partition('id="open"')[2].partition("</section>")[0]
    assert 'href="/explain/errors?as_of=2026-08-22&amp;provider=anthropic&amp;tier=pro"' in part


def test_since_when_it_has_been_so_is_told(empty: TestClient) -> None:
    text = text_of(empty.get(SURVEY).text)
    assert re.search(r"Off in this context since \d{4}-\d\d-\d\d", text)


def test_every_rule_of_the_flow_is_listed_once(empty: TestClient) -> None:
    answer = empty.get(SURVEY.replace("?", ".json?", 1)).json()
    listed = [one["rule"] for one in (*answer["tried"], *answer["holds"])] + [answer["rule"], *answer["also"]]
    assert sorted(listed) == sorted(set(listed))
    text = empty.get(SURVEY).text
    for name in listed:
        assert (f"<code>{name}</code>" in text) is not name.endswith(".silent")


def test_that_no_document_says_is_not_listed_once_a_rule_decides(empty: TestClient) -> None:
    place = "/explain/metrics{}?as_of=2026-04-23&provider=anthropic"
    assert "metrics.silent" in [one["rule"] for one in empty.get(place.format(".json")).json()["holds"]]
    text = empty.get(place.format("")).text
    assert ("metrics.to-statsig" in text, "metrics.silent" in text) == (True, False)


def test_where_documents_disagree_about_another_aspect_it_is_told_beside_the_rule(empty: TestClient) -> None:
    place = "/explain/errors{}?as_of=2026-08-22&provider=anthropic"
    assert empty.get(place.format(".json")).json()["rule"] == ""
    assert "Documents disagree. The network page names a gate" in text_of(empty.get(place.format("")).text)


def test_a_context_may_be_given_as_json(empty: TestClient) -> None:
    context = '{"as_of": "2026-04-23", "env": {"DISABLE_TELEMETRY": ""}, "org": {"zdr": true}, "provider": "bedrock"}'
    found = empty.get(f"/explain/survey?context={quote(context)}", follow_redirects=False)
    wanted = '/explain/survey?as_of=2026-04-23&env.DISABLE_TELEMETRY=""&org.zdr=on&provider=bedrock'
    assert (found.status_code, found.headers["location"].replace("%22", '"')) == (303, wanted)
    answer = empty.get(wanted.replace("?", ".json?", 1)).json()
    assert (answer["verdict"], answer["context"]["env.DISABLE_TELEMETRY"]) == ("on", '""')


def test_an_unknown_flow_names_the_near_ones(empty: TestClient) -> None:
    found = empty.get("/explain/metric")
    assert found.status_code == 404
    assert "did you mean metrics" in found.text


def test_a_fact_said_to_be_not_known_is_not_its_default(empty: TestClient) -> None:
    base = "/explain/cloud-session.json?as_of=2026-08-22&provider=anthropic"
    assert empty.get(base).json()["verdict"] == "on-request"
    asked = empty.get(f"{base}&org.zdr=?").json()
    assert (asked["verdict"], "org.zdr" in asked["missing"]) == ("unknown", True)
    assert empty.get("/explain/updates.json?as_of=2026-08-22&env.DISABLE_UPDATES=?").json()["verdict"] == "unknown"


def test_a_rule_of_carnet_s_own_says_so_and_nothing_is_said_to_be_sent(empty: TestClient) -> None:
    text = text_of(empty.get("/explain/inference?pack=carnet&as_of=2026-11-26&terms=consumer").text)
    assert "Kept here. It is about prompts and outputs that passed the gateway." in text
    assert "inference.consumersince 2025-06-01decided by Carnet itself" in text
    off = text_of(empty.get("/explain/survey?pack=carnet&as_of=2026-11-26&org.zdr=on").text)
    assert "Not kept; what is handed in is refused. It is about a rating" in off


@pytest.mark.parametrize("facts", ["", "&model_improvement=on"])
def test_a_verdict_that_every_rule_in_question_gives_is_not_called_open(empty: TestClient, facts: str) -> None:
    text = empty.get(f"/explain/inference?pack=carnet&as_of=2026-11-26{facts}").text
    assert "every one that comes into question gives the same verdict" in text
    assert "The verdict is open" not in text
    assert ("Part of this is open" in text) is bool(facts)
