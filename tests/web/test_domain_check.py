"""The check that agents ask: its contract, what it refuses, and that nothing of a host stays anywhere."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest
from starlette.testclient import TestClient

from carnet.accounts.keys import make_key
from carnet.accounts.people import account_named
from carnet.errors import StoreError
from carnet.gateway.domains.counts import FACT, read
from carnet.packs import named
from carnet.policy.rulebook import rulebook
from carnet.records.changing import change_organisation
from carnet.web.app import make_app
from carnet.web.domain_check import KEEP, PATH
from tests.records.kept import ANN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from httpx2 import Response

    from carnet.settings import Settings
    from carnet.stores.contract import Store
    from carnet.web.domain_check import DomainChecks

PEER = ("192.0.2.7", 50000)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Desk:
    """The application with lists, asked from an address that is not this machine."""

    def __init__(self, store: Store, settings: Settings, folder: Path) -> None:
        self.store, self.list, self.orgs = store, folder / "block.txt", folder / "orgs"
        self.orgs.mkdir()
        self.list.write_text("evil.example\npaypal.com\n")
        given = {"lists": str(self.list), "organisations": str(self.orgs), "per-minute": "50", "look-every": "10s"}
        for name, value in given.items():
            settings = settings.with_option(f"intake.domains.{name}", value)
        self.app = make_app(store, settings)
        self.app.state.records.now = lambda: NOW
        self.at = 0.0
        self.checks = cast("DomainChecks", self.app.state.domain_checks)
        self.checks._clock = lambda: self.at
        self.checks._looked = self.checks._wrote = 0.0
        self.client = TestClient(self.app, "https://127.0.0.1:8417", client=PEER, follow_redirects=False)

    def ask(self, query: str = "", **headers: str) -> Response:
        return self.client.get(f"{PATH}?{query}" if query else PATH, headers=headers)

    def key(self, scope: str = "intake") -> str:
        shelf = Shelf(self.store.records)
        shelf.settle()
        account = account_named(self.store.records.directory, ANN)
        return make_key(self.store.records.api_keys, account, [scope], None, "", NOW)[1]


@pytest.fixture
def desk(store: Store, settings: Settings, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(store, settings, tmp_path)
    with desk.client:
        yield desk


def test_the_contract_for_scripts(desk: Desk) -> None:
    passed, blocked = desk.ask("domain=docs.example.com"), desk.ask("domain=www.evil.example")
    assert (passed.status_code, passed.json()) == (200, {"domain": "docs.example.com", "can_fetch": True})
    assert (blocked.status_code, blocked.json()) == (200, {"domain": "www.evil.example", "can_fetch": False})
    assert (passed.headers["carnet-reason"], blocked.headers["carnet-reason"]) == ("passed", "blocked")
    assert passed.headers["cache-control"] == "no-store"


def test_it_needs_no_sign_in_even_where_every_page_does(store: Store, settings: Settings) -> None:
    app = make_app(store, settings.with_option("web.open-pages", "off"))
    with TestClient(app, "https://127.0.0.1:8417", client=PEER) as client:
        assert client.get(f"{PATH}?domain=example.com").json()["can_fetch"] is True
        assert client.get("/api/documents").status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "2852039166", "localhost", "[::1]", "metadata.google.internal", "wiki"])
def test_what_leads_inside_is_never_fetchable(desk: Desk, host: str) -> None:
    assert desk.ask(f"domain={host}").json() == {"domain": host, "can_fetch": False}


def test_other_scripts_may_be_asked_about(desk: Desk) -> None:
    assert desk.ask("domain=m%C3%BCnchen.de").json() == {"domain": "münchen.de", "can_fetch": True}
    assert desk.ask("domain=p%D0%B0ypal.com").headers["carnet-reason"] == "confusable"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "domain=",
        "domain=https://secret.example/path",
        "domain=secret.example/path",
        "domain=secret.example:443",
        "domain=me:secret@example.com",
        "domain=secret%00.example.com",
        "domain=secret%20.example",
        "domain=secret.example%0d%0aX:y",
        "domain=%ff%fe",
        "domain=" + "secret" * 100,
        "domain=a.example&domain=secret.example",
        "domain=a.example&url=https://secret.example/",
        "url=https://secret.example/",
        "DOMAIN=secret.example",
    ],
)
def test_anything_but_one_host_name_is_refused_and_not_repeated(
    desk: Desk, query: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = desk.ask(query)
    assert answer.status_code == 422
    assert answer.json()["error"]["text"].startswith("domain: ")
    for said in (answer.text, str(answer.headers), caplog.text, *capfd.readouterr()):
        assert "secret" not in said


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("headers", [{}, {"Origin": "http://127.0.0.1:8417"}, {"Origin": "https://evil.example"}])
def test_only_reading_is_possible(desk: Desk, method: str, headers: dict[str, str]) -> None:
    answer = desk.client.request(method, f"{PATH}?domain=example.com", headers=headers)
    assert (answer.status_code, sorted(answer.headers["allow"].split(", "))) == (405, ["GET", "HEAD"])
    assert "access-control-allow-origin" not in answer.headers


def test_neither_host_nor_peer_stays_anywhere(desk: Desk, data: Path) -> None:
    desk.ask("domain=canary-host.example")
    desk.ask("domain=canary-host.example/canary-path")
    desk.at = 100.0
    desk.ask("domain=canary-host.evil.example")
    assert {one: n for day in read(desk.store.records.catalogue).values() for one, n in day.items()} == {
        "passed": 1,
        "no-host": 1,
        "blocked": 1,
    }
    written = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert written
    assert not any(word in one for one in written for word in (b"canary", b"192.0.2.7"))


def test_counts_are_written_when_the_server_ends(store: Store, settings: Settings, tmp_path: Path) -> None:
    desk = Desk(store, settings, tmp_path)
    with desk.client:
        desk.ask("domain=example.com")
        assert store.records.catalogue.fact(FACT) is None
    assert read(store.records.catalogue)[NOW.date()] == {"passed": 1}


def test_counts_that_cannot_be_written_are_kept_and_nobody_waits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(desk.checks.counts, "write", away)
        desk.at = 100.0
        assert desk.ask("domain=example.com").status_code == 200
    assert "the disk is full" in caplog.text
    desk.at = 200.0
    desk.ask("domain=example.com")
    assert read(desk.store.records.catalogue)[NOW.date()] == {"passed": 2}


def test_too_many_checks_wait_and_others_do_not(desk: Desk) -> None:
    answers = [desk.ask("domain=example.com") for _ in range(51)]
    while answers[-1].status_code == 200 and len(answers) < 1000:  # a slow machine gives some back meanwhile
        answers.append(desk.ask("domain=example.com"))
    assert {one.status_code for one in answers[:50]} == {200}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    other = TestClient(desk.app, "http://127.0.0.1:8417", client=("127.0.0.2", 1))
    assert other.get(f"{PATH}?domain=example.com").status_code == 200


def test_a_key_says_whose_lists_count(desk: Desk) -> None:
    (desk.orgs / "acme.allow").write_text("evil.example\n")
    (desk.orgs / "acme.deny").write_text("docs.example\n")
    key = desk.key()
    for host, bare, keyed in (("evil.example", "blocked", "allowed"), ("docs.example", "passed", "denied")):
        assert desk.ask(f"domain={host}").headers["carnet-reason"] == bare
        assert desk.ask(f"domain={host}", Authorization=f"Bearer {key}").headers["carnet-reason"] == keyed
        assert desk.ask(f"domain={host}", **{"x-api-key": key}).headers["carnet-reason"] == keyed


@pytest.mark.parametrize(
    ("change", "status"),
    [(lambda key: key[:-1] + ("a" if key[-1] != "a" else "b"), 401), (lambda _: "sk-ant-other", 401)],
)
def test_a_wrong_key_is_no_missing_key(desk: Desk, change: Callable[[str], str], status: int) -> None:
    shown = change(desk.key())
    answer = desk.ask("domain=example.com", Authorization=f"Bearer {shown}")
    assert answer.status_code == status
    assert shown not in answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_of_another_scope_is_refused(desk: Desk) -> None:
    assert desk.ask("domain=example.com", Authorization=f"Bearer {desk.key('relay')}").status_code == 403


def test_an_organisation_that_wants_nothing_kept_is_not_counted(desk: Desk) -> None:
    key, records = desk.key(), desk.store.records
    acme = next(one for one in records.directory.organisations() if one.name == "acme")
    change_organisation(records, Shelf(records).keyring, acme, {"zdr": True}, {}, NOW)
    assert desk.ask("domain=example.com", Authorization=f"Bearer {key}").status_code == 200
    assert not desk.checks.counts.fresh


def test_a_changed_list_counts_within_the_time_between_two_looks(desk: Desk) -> None:
    assert desk.ask("domain=worse.example").json()["can_fetch"] is True
    desk.list.write_text("worse.example\n")
    os.utime(desk.list, ns=(1, 1))
    assert desk.ask("domain=worse.example").json()["can_fetch"] is True
    desk.at = 10.0
    desk.ask("domain=example.com")
    assert desk.ask("domain=worse.example").json()["can_fetch"] is False


def test_after_a_pause_the_first_answer_knows_the_changed_list(desk: Desk) -> None:
    assert desk.ask("domain=worse.example").json()["can_fetch"] is True
    desk.list.write_text("worse.example\n")
    os.utime(desk.list, ns=(1, 1))
    desk.at = 3600.0
    assert desk.ask("domain=worse.example").json()["can_fetch"] is False


def test_without_its_lists_nothing_passes_until_they_are_there(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    text = desk.list.read_text()
    desk.list.unlink()
    answer = desk.ask("domain=docs.example.com")
    assert answer.status_code == 503
    assert str(desk.list) not in answer.text
    assert f"{desk.list}: cannot be read" in caplog.text
    desk.list.write_text(text)
    desk.at = 10.0
    desk.ask("domain=docs.example.com")
    assert desk.ask("domain=docs.example.com").json()["can_fetch"] is True


def test_counts_are_kept_as_long_as_the_rule_says() -> None:
    rule = next(one for one in rulebook(named("carnet")).rules if one.id == "domain-check.all")
    assert dict(rule.then)["retention"] == f"days{KEEP}"


def test_one_look_at_a_time(desk: Desk) -> None:
    desk.at = 100.0
    assert desk.checks._tending.acquire(blocking=False)
    desk.checks.tend()
    assert desk.checks._looked == 0.0
    desk.checks._tending.release()
    desk.checks.tend()
    assert desk.checks._looked == 100.0
