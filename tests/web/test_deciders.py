"""The address behind a rule leads to a context in which that rule decides."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from carnet.records.answers import Names
from carnet.web.deciders import OWN, Deciders
from tests.records.kept import ACME, ANN, PAT

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.records.kept import Shelf


def links(shelf: Shelf, record: str) -> dict[str, str]:
    one = next(one for one in shelf.everything() if one.id == record)
    deciders = Deciders(shelf.store, Names(shelf.store), shelf.now)
    return {decider.rule: decider.href for decider in deciders.of(one)}


def facts(href: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(href).query))


def test_every_rule_of_a_record_leads_to_where_it_decides(stranger: TestClient, shelf: Shelf) -> None:
    found = links(shelf, shelf.kept("a", PAT))
    assert list(found) == ["inference.consumer.consent", "inference.training.consumer", "inference.sealed"]
    assert facts(found["inference.consumer.consent"]) == {
        "pack": "carnet",
        "as_of": "2026-04-01",
        "terms": "consumer",
        "tier": "pro",
        "model_improvement": "on",
        "org.zdr": "off",
        "org.dpp": "off",
        "org.product_feedback": "on",
        "provider": "anthropic",
    }
    twin = stranger.get(found["inference.consumer.consent"].replace("?", ".json?")).json()
    assert (twin["rule"], twin["retention"], twin["training"]) == ("inference.consumer.consent", "years5", "yes")


def test_a_consent_that_came_later_is_not_what_decided(shelf: Shelf) -> None:
    record = shelf.kept("a", ANN)
    shelf.later(days=1).change(ACME, {"dpp": True})
    href = links(shelf, record)["inference.commercial"]
    assert (facts(href)["org.dpp"], facts(href)["as_of"]) == ("off", "2026-04-01")


def test_a_consent_that_was_withdrawn_decided_anew(shelf: Shelf) -> None:
    record = shelf.kept("a", PAT)
    shelf.later(days=2).consent(PAT, "off")
    href = links(shelf, record)["inference.consumer"]
    assert (facts(href)["model_improvement"], facts(href)["as_of"]) == ("off", "2026-04-03")


def test_an_organisation_s_own_choice_leads_to_the_organisation(shelf: Shelf) -> None:
    shelf.change(ACME, {}, {"inference": "days7"})
    found = links(shelf.later(minutes=1), shelf.kept("a", ANN))
    assert found[OWN] == "/accounts/organisation?org=acme"
    assert found["inference.commercial"].startswith("/explain/inference?pack=carnet")


def test_a_rating_is_explained_without_anybody_s_consent(shelf: Shelf) -> None:
    record = shelf.kept("5", PAT, kind="rating", flow="survey")
    assert facts(links(shelf, record)["survey.all"])["model_improvement"] == "off"


def test_nothing_known_of_an_organisation_is_no_address(shelf: Shelf) -> None:
    kept = shelf.kept("a", ANN)
    names = Names(shelf.store)
    names.organisations = {}
    one = next(one for one in shelf.everything() if one.id == kept)
    assert {decider.href for decider in Deciders(shelf.store, names, shelf.now + timedelta(days=1)).of(one)} == {""}
