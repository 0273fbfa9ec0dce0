"""A small invented store and a client that talks to the pages over it, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from starlette.testclient import TestClient

from carnet.web.admission import COOKIE, Admission
from carnet.web.app import make_app
from tests.records.kept import Shelf
from tests.web import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

    from carnet.settings import Settings
    from carnet.stores.contract import Store

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
    return Admission("s" * 43)


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
