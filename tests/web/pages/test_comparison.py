from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from carnet.documents.lookup import find_document
from carnet.documents.transitions import DERIVATION

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from carnet.settings import Settings
    from carnet.stores.contract import Store

TERMS = "/documents/heron/terms"
HOSTILE = "/documents/heron/guides/%3Cb%3Ehostile%3C/b%3E"


def text_of(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", markup).split())


def header(client: TestClient, path: str) -> str:
    return text_of(client.get(path).text.partition("<h1>")[2].partition("</h1>")[0])


def test_the_header_says_document_both_instants_and_the_counts(client: TestClient) -> None:
    expected = "terms 2026-04-01 07:09 UTC to 2026-04-03 08:09 UTC · 2 added, 1 removed"
    assert header(client, f"{TERMS}/2026-04-01..2026-04-03") == expected


def test_the_whole_document_is_shown_with_its_changes(client: TestClient) -> None:
    text = client.get(f"{TERMS}/2026-04-01..2026-04-03").text
    assert re.search(r"<del[^>]*>thirty</del>", text)
    assert re.search(r"<ins[^>]*>sixty</ins>", text)
    assert "HERON_QUIET" in text


@pytest.mark.parametrize("view", ["whole", "side", "changes"])
def test_every_view_shows_the_same_changes(client: TestClient, view: str) -> None:
    text = client.get(f"{TERMS}/2026-04-01..2026-04-03?view={view}").text
    assert "sixty" in text
    assert "thirty" in text
    assert 'id="c1"' in text
    assert 'id="c2"' in text
    assert 'href="#c2"' in text


def test_neighbours_swap_and_permalink_keep_the_view(client: TestClient) -> None:
    text = client.get(f"{TERMS}/2026-04-03..2026-04-05?view=side").text
    assert f'rel="prev" href="{TERMS}/2026-04-01T0709..2026-04-03T0809?view=side"' in text
    assert f'rel="next" href="{TERMS}/2026-04-05T0909..2026-04-07T1009?view=side"' in text
    assert f'href="{TERMS}/2026-04-05T0909..2026-04-03T0809?view=side"' in text


def test_a_swapped_pair_counts_the_other_way_round(client: TestClient) -> None:
    expected = "terms 2026-04-03 08:09 UTC to 2026-04-01 07:09 UTC · 1 added, 2 removed"
    assert header(client, f"{TERMS}/2026-04-03..2026-04-01") == expected


def test_a_pair_without_a_change_is_no_error(client: TestClient) -> None:
    text = client.get(f"{TERMS}/2026-04-03T0900..2026-04-04").text
    assert "0 added" in text
    assert "was in force at both ends" in text


@pytest.mark.parametrize(
    ("span", "says"),
    [
        ("2026-04-03..2026-04-05", "Every sentence is the same"),
        ("2026-04-05..2026-04-07", "The text before this change returned 2026-04-09 11:09 UTC"),
        ("2026-04-07..2026-04-09", "the same as that of 2026-04-05 09:09 UTC"),
        ("2026-04-09..2026-04-11", "Carnet does nothing it says"),
    ],
)
def test_what_kind_of_change_it_is_is_said(client: TestClient, span: str, says: str) -> None:
    assert says in client.get(f"{TERMS}/{span}").text


def test_a_comparison_derives_no_other_step_of_the_history(client: TestClient, store: Store) -> None:
    document = find_document(store.documents, "terms")
    client.get(f"{TERMS}/2026-04-03..2026-04-05")
    assert not store.documents.transitions(document.id, derivation=DERIVATION)


def test_orders_to_agents_are_told_whichever_way_the_pair_is_read(client: TestClient) -> None:
    assert "Carnet does nothing it says" in client.get(f"{TERMS}/2026-04-11..2026-04-09").text
    assert "Carnet does nothing it says" not in client.get(f"{TERMS}/2026-04-05..2026-04-07").text


def test_the_collection_s_entries_of_the_month_stand_beside_it(client: TestClient) -> None:
    rail = client.get(f"{TERMS}/2026-04-01..2026-04-03").text.partition('<ol class="days">')[2].partition("</ol>")[0]
    assert rail.count("<li") == 7
    assert "Tue 21 07:09" in rail
    assert "no change here" in rail
    assert 'aria-current="page"' in rail


def test_the_page_and_the_api_hold_the_same_hunks(client: TestClient) -> None:
    page = client.get(f"{TERMS}/2026-04-01..2026-04-11")
    twin = client.get(f"{TERMS}/2026-04-01..2026-04-11.json").json()
    api = client.get("/api/documents/terms/diff/2026-04-01..2026-04-11").json()
    assert twin == api
    assert page.text.count('<a href="#c') == len(api["hunks"])
    assert api["old"]["version"][:16] in page.text
    assert api["new"]["version"][:16] in page.text


@pytest.mark.parametrize("path", [f"{HOSTILE}/2026-04-01..2026-04-03", f"{HOSTILE}/at/2026-04-01", HOSTILE, "/"])
@pytest.mark.parametrize("view", ["whole", "side", "changes"])
def test_a_hostile_document_never_becomes_markup(client: TestClient, path: str, view: str) -> None:
    text = client.get(f"{path}?view={view}" if ".." in path else path).text
    tags = ("<script>", "<img", "<iframe", "<style", "<b>hostile")
    for markup in (*tags, 'onerror="', 'href="javascript:', 'href="data:'):
        assert markup not in text, markup
    assert "\x00" not in text
    assert "\u202e" not in text
    assert "{{ 7 * 7 }}" in text or "/at/" not in path


@pytest.mark.corpus
def test_the_founding_page_is_reproduced(store: Store, settings: Settings, empty: TestClient, bundle: Path) -> None:
    from carnet.documents.history.importing import Request, import_history  # noqa: PLC0415 - one test

    import_history(store, settings, Request(str(bundle), "claude-code", ("*data-usage.md",)))
    name = next(one.full_name for one in store.documents.documents("claude-code"))
    path = f"/documents/{name}/2026-04-22..2026-04-24"
    short = name.removeprefix("claude-code/")
    assert header(empty, path) == (f"{short} 2026-04-22 03:58 UTC to 2026-04-24 07:49 UTC · 13 added, 4 removed")
