"""The ten minutes of a new administrator, with real processes: docs/gateway.md in order."""

from __future__ import annotations

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPException
from typing import TYPE_CHECKING

import pytest

from carnet.accounts.keys import key_id
from tests.journeys.relaying import ANSWER, CREDENTIAL, EVENTS, Site, body_of, children, site, upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gateway.upstream import Fake

ANN, PAT, ZED = "ann@acme.test", "pat@people.test", "zed@quiet.test"
SECRET = "a prompt that must stand nowhere in the clear"


@pytest.fixture
def fake() -> Iterator[Fake]:
    with upstream() as found:
        yield found


@pytest.fixture
def set_up(data: Path, home: Path, fake: Fake) -> Site:
    """Three organisations with terms of their own, an account in each, and an upstream."""
    made = site(data, home)
    made.carnet("org", "add", "Acme", "--terms", "commercial", "--tier", "enterprise")
    made.carnet("org", "add", "People", "--terms", "consumer", "--tier", "pro")
    made.carnet("org", "add", "Quiet", "--terms", "commercial", "--tier", "enterprise")
    made.carnet("org", "set", "Quiet", "--zdr", "on")
    made.carnet("account", "add", ANN, "--org", "Acme")
    made.carnet("account", "add", PAT, "--org", "People", "--model-improvement", "on")
    made.carnet("account", "add", ZED, "--org", "Quiet")
    made.carnet("upstream", "add", "main", "--format", "messages", "--url", fake.url, "--key-env", "UPSTREAM_KEY")
    return made


def _key(here: Site, account: str) -> str:
    return here.carnet("key", "create", "--account", account).strip()


def test_two_accounts_with_different_terms_from_the_first_exchange_to_the_receipt(set_up: Site, fake: Fake) -> None:
    here = set_up
    ann, pat = _key(here, ANN), _key(here, PAT)
    with here.serving():
        assert here.message(ann, "s-ann", SECRET) == (200, ANSWER)
        assert here.message(pat, "s-pat", SECRET, stream=True) == (200, b"".join(EVENTS))
        assert here.message(pat, "s-pat-2", "another") == (200, ANSWER)
        assert {got.values(b"x-api-key")[0] for got in fake.requests} == {CREDENTIAL.encode()}
        assert not any(key.encode() in got.head for got in fake.requests for key in (ann, pat))

        (of_ann,) = here.records(account=ANN)
        of_pat = {str(one["session"]): one for one in here.records(account=PAT)}
        assert (of_ann["retention"], of_ann["training"]) == ("days30", "no")
        assert {(one["retention"], one["training"]) for one in of_pat.values()} == {("years5", "yes")}
        known, request, response = here.exchange(of_pat["s-pat"]["id"])
        assert request == body_of(SECRET, stream=True)
        assert response == b"".join(EVENTS)
        assert (known.model, known.usage["output"], known.response["ended"]) == ("claude-test-1", 57, "complete")
        assert here.exchange(of_ann["id"])[1:] == (body_of(SECRET), ANSWER)
        assert pat not in json.dumps([known.request, known.response])

        here.carnet("account", "consent", PAT, "off")
        assert here.message(pat, "s-pat-3", "after the consent") == (200, ANSWER)
        later = {str(one["session"]): one for one in here.records(account=PAT)}
        assert {str(one["retention"]) for one in later.values()} == {"days30"}
        assert {str(one["training"]) for one in later.values()} == {"no"}

        receipt = here.data.parent / "receipt.json"
        receipt.write_text(here.carnet("records", "delete", "--session", "s-pat", "--account", PAT, "--json", "--yes"))
        assert "s-pat" not in {one["session"] for one in here.records(account=PAT)}
        here.carnet("records", "verify", "--receipt", str(receipt))
        here.carnet("records", "verify")
    assert _in_the_clear(here.data, SECRET.encode()) == []
    assert _in_the_clear(here.data, ann.encode(), CREDENTIAL.encode()) == []
    assert SECRET not in (here.data.parent / "serve.err").read_text()


def test_zero_data_retention_leaves_no_byte_and_refuses_what_is_outside(set_up: Site, fake: Fake) -> None:
    here = set_up
    zed = _key(here, ZED)
    with here.serving():
        assert here.message(zed, "s-zed", SECRET, stream=True) == (200, b"".join(EVENTS))
        sent = len(fake.requests)
        status, said = here.message(zed, "s-zed", "x", more='"tools":[{"type":"code_execution_20250825"}],')
        assert status == 403
        assert b"zero data retention" in said
        assert json.loads(said)["error"]["type"] == "permission_error"
        assert here.ask("POST", "/v1/files", zed, b"{}")[0] == 403
        assert len(fake.requests) == sent
        assert here.records() == []
    assert _in_the_clear(here.data, SECRET.encode(), b"s-zed") == []
    assert not list(here.data.glob("spool/*"))


def test_whoever_has_no_key_of_this_carnet_is_told_why(set_up: Site, fake: Fake) -> None:
    here = set_up
    ann = _key(here, ANN)
    with here.serving():
        for shown, status, words in (
            ("", 401, "no key"),
            ("sk-ant-oat01-abcdef", 401, "login token"),
            (f"{ann[:-1]}{'0' if ann[-1] != '0' else '1'}", 401, "mistyped"),
        ):
            got, said = here.message(shown, "s", "x")
            assert (got, words in said.decode()) == (status, True), said
        sent = len(fake.requests)
        for path, header in (("?key=sk-ant-oat01-abc", ""), (f"?key={ann}", ""), ("", "sk-ant-sid01-abc"), ("", ann)):
            got, said = here.ask("POST", f"/v1/messages{path}", ann, b"{}", {"cookie": f"session={header}"})
            assert (got, b"nowhere else" in said) == (400, True), said
        assert len(fake.requests) == sent
        assert here.message(ann, "s", "x")[0] == 200
        here.carnet("key", "revoke", ann.split("_")[1])
        here.until(lambda: here.message(ann, "s", "x")[0] == 401, 2.0)
        only = here.carnet("key", "create", "--account", ANN, "--scope", "own").strip()
        assert here.message(only, "s", "x")[0] == 403
    assert "oat01" not in (here.data.parent / "serve.err").read_text()


def test_what_is_taken_away_opens_nothing_at_any_address_and_what_is_under_way_goes_on_to_its_end(
    set_up: Site, fake: Fake
) -> None:
    here = set_up
    here.environ |= {"HTTPS_PROXY": "http://127.0.0.1:1", "CARNET_WATCH_RETRIES": "0"}
    scopes = [part for scope in ("relay", "intake", "own") for part in ("--scope", scope)]
    ann, pat = here.carnet("key", "create", "--account", ANN, *scopes).strip(), _key(here, PAT)
    json_ = {"content-type": "application/json"}
    with here.serving("--port", "0", only=""), ThreadPoolExecutor(1) as pool:
        pages = replace(here, port=here.pages)

        def opened() -> list[int]:
            """Relay, intake, the check of hosts, a person's own page."""
            return [
                here.message(ann, "short", "x")[0],
                pages.ask("POST", "/v1/logs", ann, b"{}", json_)[0],
                pages.ask("GET", "/api/web/domain_info?domain=a.example", ann)[0],
                pages.ask("GET", "/api/mine", ann)[0],
            ]

        assert opened() == [200] * 4
        sent = len(fake.requests)
        under_way = pool.submit(here.message, ann, "long", "x", stream=True, more='"slow":true,')
        here.until(lambda: len(fake.requests) > sent)
        here.carnet("key", "revoke", str(key_id(ann)))
        here.until(lambda: opened() == [401] * 4)
        here.carnet("upstream", "set", "main", "--enabled", "off")
        here.until(lambda: here.message(pat, "s", "x")[0] == 503)
        fake.go.set()
        assert under_way.result() == (200, b"".join(EVENTS))
        here.carnet("upstream", "set", "main", "--enabled", "on")
        here.until(lambda: here.message(pat, "s", "x")[0] == 200)
        signed = {"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20261126/x/y/aws4_request, Signature=0"}
        assert here.ask("POST", "/v1/messages", "", b"{}", signed)[0] == 401
        assert len(here.records(session="long")) == 1


def test_every_request_of_many_at_once_has_one_record_vanishing_upstreams_included(set_up: Site, fake: Fake) -> None:
    here = set_up
    ann = _key(here, ANN)

    def one(number: int) -> None:
        with suppress(HTTPException, OSError):
            vanishing = '"vanish":true,' if number % 10 == 0 else ""
            here.message(ann, f"s{number % 7}", f"{number}", stream=number % 2 == 0, more=vanishing)

    with here.serving(), ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(120)))
        here.until(lambda: len(here.records(account=ANN)) == 120, 10)
        ends = [here.exchange(row["id"])[0].response["ended"] for row in here.records(session="s0")]
        assert len(fake.requests) == 120
        assert set(ends) == {"complete", "upstream-lost"}


def test_kill_9_loses_nothing_whose_end_a_client_has_seen(set_up: Site) -> None:
    here = set_up
    ann = _key(here, ANN)
    whole: list[int] = []

    def one(number: int) -> None:
        with suppress(HTTPException, OSError):
            if here.message(ann, f"s{number}", f"{number}", stream=True)[0] == 200:
                whole.append(number)
            if number in {60, 130}:
                os.kill(children(here)[0], signal.SIGKILL)

    with here.serving(), ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(200)))
        assert here.message(ann, "after", "x")[0] == 200
        there = {str(row["session"]) for row in here.records(account=ANN)}
        assert {f"s{number}" for number in whole} - there == set()
        assert len(whole) > 100
    assert "another one is started" in (here.data.parent / "serve.err").read_text()


def test_a_second_relay_on_the_store_says_so_and_ends_with_2(set_up: Site) -> None:
    with set_up.serving():
        set_up.carnet("serve", "--only", "relay", "--relay-port", "0", status=2)
        taken = set_up.carnet("serve", "--relay-port", str(set_up.port), "--port", "0", status=2)
        assert taken == ""


def _in_the_clear(folder: Path, *marks: bytes) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(mark in path.read_bytes() for mark in marks)]
