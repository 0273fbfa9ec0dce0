"""A small invented store and a client that talks to the pages over it, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from carnet.web.app import make_app
from tests.web import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.settings import Settings
    from carnet.stores.contract import Store

BASE = "http://127.0.0.1:8417"


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
