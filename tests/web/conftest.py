"""A small invented store and a client that talks to the pages over it, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from starlette.testclient import TestClient

from carnet.accounts.keys import make_key
from carnet.web.admission import COOKIE, Admission
from carnet.web.app import make_app
from tests.records.kept import Shelf
from tests.web import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from httpx2 import Response
    from starlette.applications import Starlette

    from carnet.settings import Settings
    from carnet.stores.contract import Store

TOKEN = "s" * 43
BASE = "http://127.0.0.1:8417"
NEAR = ("127.0.0.1", 50000)
"""Where a connection from this machine comes from; the client's own default is no address."""


@pytest.fixture
def empty(store: Store, settings: Settings) -> Iterator[TestClient]:
    """A client over a store with nothing in it."""
    with TestClient(make_app(store, settings), base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(store: Store, settings: Settings) -> Iterator[TestClient]:
    """A client over the sample."""
    sample.fill(store)
    with TestClient(make_app(store, settings), base_url=BASE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def admission() -> Admission:
    """Lets in who shows the token of scripts, or redeems a link."""
    return Admission(TOKEN)


@pytest.fixture
def stranger(store: Store, settings: Settings, admission: Admission) -> Iterator[TestClient]:
    """A client on this machine that has not signed in, with nothing in the store. Redirects are not followed."""
    app = make_app(store, settings, admission=admission)
    with TestClient(app, BASE, client=NEAR, headers={"Origin": BASE}, follow_redirects=False) as client:
        yield client


@pytest.fixture
def signed_in(stranger: TestClient, admission: Admission) -> TestClient:
    """The same client with a session."""
    stranger.cookies.set(COOKIE, str(admission.redeem(admission.issue())))
    return stranger


@pytest.fixture
def shelf(store: Store, stranger: TestClient) -> Shelf:
    """Records behind the pages, with organisations and people; the pages' clock is the shelf's."""
    found = Shelf(store.records).settle()
    cast("Starlette", stranger.app).state.records.now = lambda: found.now
    return found


@pytest.fixture
def script(stranger: TestClient, shelf: Shelf) -> Script:
    """A program with the token of the administration, over the shelf; it sends no Origin and has no cookie."""
    del shelf
    return Script(stranger, {"Authorization": f"Bearer {TOKEN}"})


@dataclass
class Script:
    """A program that speaks to the API."""

    client: TestClient
    headers: dict[str, str]

    def __call__(self, method: str, path: str, body: object = None, **more: str) -> Response:
        """One call; `more` are further headers."""
        sent = self.client.build_request(method, path, json=body, headers={**self.headers, **more})
        sent.headers.pop("origin", None)
        return self.client.send(sent)

    def json(self, method: str, path: str, body: object = None, status: int = 200) -> dict[str, Any]:
        """The answer of a call that has this status."""
        answer = self(method, path, body)
        assert answer.status_code == status, answer.text
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, str, str]:
        """(status, field, text) of a refusal."""
        answer = self(method, path, body)
        error = answer.json()["error"]
        assert error["status"] == answer.status_code
        return answer.status_code, error.get("field", ""), error["text"]


@dataclass
class Hours:
    """The clock by which the server remembers keys."""

    passed: float = 1000.0


@pytest.fixture
def hours(stranger: TestClient) -> Hours:
    found = Hours()
    cast("Starlette", stranger.app).state.holders.clock = lambda: found.passed
    return found


@pytest.fixture
def keyed(stranger: TestClient, shelf: Shelf) -> Callable[..., Script]:
    """A program with a key of an account: `keyed(PAT)`; `keyed(PAT, "relay")` with another scope."""

    def program(email: str, *scopes: str, expires: datetime | None = None) -> Script:
        account = shelf.account(email)
        _, text = make_key(shelf.store.api_keys, account, scopes or ("own",), expires, "", shelf.now)
        return Script(stranger, {"x-api-key": text})

    return program
