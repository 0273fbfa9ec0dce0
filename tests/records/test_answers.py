from __future__ import annotations

from datetime import timedelta

import pytest

from carnet.model.record import Scope
from carnet.records import holding
from carnet.records.answers import (
    Names,
    account_answer,
    acts_answer,
    organisation_answer,
    record_answer,
    record_answers,
    stats_answer,
)
from tests.records.kept import ACME, ANN, NOW, PAT, PEOPLE, QUINN, Shelf


def rows(shelf: Shelf, kind: str = "", scope: Scope | None = None) -> list[dict[str, object]]:
    return list(record_answers(shelf.store, scope or Scope(), kind))


def test_a_record_is_told_with_all_that_decides_about_it(shelf: Shelf) -> None:
    record = shelf.kept("words", PAT, "s1", repository="r")
    assert rows(shelf) == [
        {
            "id": record,
            "kind": "exchange",
            "flow": "inference",
            "provider": "anthropic",
            "org": PEOPLE,
            "account": PAT,
            "session": "s1",
            "repository": "r",
            "created": "2026-04-01T09:30:00Z",
            "expires": "2031-04-01T09:30:00Z",
            "retention": "years5",
            "training": "yes",
            "purposes": ["service", "model-improvement", "safety"],
            "rules": rows(shelf)[0]["rules"],
            "bytes": 5,
            "hold": None,
        }
    ]
    assert "inference.consumer.consent" in str(rows(shelf)[0]["rules"])


def test_what_is_not_given_is_null(shelf: Shelf) -> None:
    shelf.kept(account=PAT, kind="rating", flow="survey", provider="")
    (row,) = rows(shelf)
    assert [row[name] for name in ("provider", "account", "session", "repository", "hold")] == [None] * 5
    assert (row["org"], row["training"]) == (PEOPLE, "no")


def test_a_held_record_is_listed_with_its_hold(shelf: Shelf) -> None:
    shelf.kept(session="s1")
    shelf.kept(session="s2")
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "case 7", NOW)
    assert {row["session"]: row["hold"] for row in rows(shelf)} == {"s1": "case 7", "s2": None}


def test_records_are_told_oldest_first_across_partitions(shelf: Shelf) -> None:
    ids = [
        shelf.kept(account=account, at=NOW - timedelta(hours=hours))
        for account, hours in ((ANN, 1), (PAT, 3), (QUINN, 2), (PAT, 0))
    ]
    assert [row["id"] for row in rows(shelf)] == [ids[1], ids[2], ids[0], ids[3]]


def test_records_are_told_by_kind_and_scope(shelf: Shelf) -> None:
    shelf.kept()
    report = shelf.kept(kind="feedback", flow="feedback")
    assert [row["id"] for row in rows(shelf, "feedback")] == [report]
    assert rows(shelf, "metric") == []
    assert rows(shelf, scope=Scope(shelf.organisation(PEOPLE).id)) == []


def test_names_that_are_gone_are_told_by_their_number(shelf: Shelf) -> None:
    shelf.kept()
    (record,) = shelf.everything()
    shelf.store.directory.remove_organisation(record.session.organisation)
    row = record_answer(record, Names(shelf.store))
    assert row["org"] == f"(organisation {record.session.organisation})"
    assert row["account"] == f"(account {record.session.account})"


def test_stats_count_what_is_there(shelf: Shelf) -> None:
    shelf.put(shelf.draft("12345"), shelf.draft("123"), shelf.draft("1", PAT), shelf.draft("1", QUINN))
    shelf.kept("12", kind="feedback", flow="feedback")
    stats = stats_answer(shelf.store)
    assert stats["classes"] == [
        {"retention": "days30", "records": 3, "bytes": 9},
        {"retention": "years5", "records": 2, "bytes": 3},
    ]
    found = stats["rows"]
    assert isinstance(found, list)
    assert sum(row["records"] for row in found) == 5
    assert {"org": ACME, "kind": "feedback", "flow": "feedback", "training": "no", "retention": "years5"} | {
        "records": 1,
        "bytes": 2,
    } in found
    assert (stats["held"], stats["waiting"]) == (0, 0)


def test_stats_count_what_is_held_and_what_waits(shelf: Shelf) -> None:
    shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "court", NOW)
    shelf.erase(session="s1")
    stats = stats_answer(shelf.store)
    assert (stats["held"], stats["waiting"]) == (1, 1)
    assert stats["log"] == {"entries": shelf.store.catalogue.size()}
    assert stats["classes"] == [{"retention": "days30", "records": 1, "bytes": 5}]


def test_stats_of_an_empty_store_are_empty(shelf: Shelf) -> None:
    assert stats_answer(shelf.store) == {
        "classes": [],
        "rows": [],
        "held": 0,
        "waiting": 0,
        "log": {"entries": 0},
    }


def test_stats_come_down_to_nothing(shelf: Shelf) -> None:
    shelf.put(shelf.draft(session="s1"), shelf.draft(session="s2"))
    shelf.erase(session="s1")
    assert stats_answer(shelf.store)["classes"] == [{"retention": "days30", "records": 1, "bytes": 5}]
    shelf.erase(session="s2")
    assert stats_answer(shelf.store)["classes"] == []


def test_an_organisation_is_told_with_its_terms(shelf: Shelf) -> None:
    shelf.change(ACME, {"zdr": True}, {"feedback": "days7"})
    assert organisation_answer(shelf.store, shelf.organisation(ACME)) == {
        "name": ACME,
        "terms": "commercial",
        "tier": "enterprise",
        "created": "2026-04-01T09:30:00Z",
        "zdr": True,
        "dpp": False,
        "product_feedback": True,
        "recording": "required",
        "keep": {"feedback": "days7"},
        "closed": False,
        "limits": {"at_once": None, "requests_per_minute": None, "tokens_per_minute": None},
        "accounts": 1,
    }


@pytest.mark.parametrize(
    ("who", "org", "tier", "consent"), [(PAT, PEOPLE, "pro", "on"), (ANN, ACME, "enterprise", "off")]
)
def test_an_account_is_told_with_its_consent(shelf: Shelf, who: str, org: str, tier: str, consent: str) -> None:
    assert account_answer(shelf.account(who), Names(shelf.store)) == {
        "email": who,
        "org": org,
        "tier": tier,
        "created": "2026-04-01T09:30:00Z",
        "model_improvement": consent,
        "closed": False,
    }


def test_acts_are_told_with_their_dates(shelf: Shelf) -> None:
    shelf.later(hours=1).consent(PAT, "off")
    account = shelf.account(PAT)
    assert acts_answer(shelf.store.directory.acts(account.organisation, account.id)) == [
        {"at": "2026-04-01T09:30:00Z", "what": "model-improvement", "value": "on"},
        {"at": "2026-04-01T10:30:00Z", "what": "model-improvement", "value": "off"},
    ]
