"""Intake over a store on the disk, with keys for two organisations, and a client in memory."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from carnet.gateway.intake.allow import allow_of
from carnet.gateway.intake.app import Doorway, Front
from carnet.gateway.intake.contract import Means
from carnet.gateway.intake.prints import Prints
from tests.gateway.intake.ground import Ground
from tests.records.kept import Shelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from carnet.settings import Settings
    from carnet.stores.contract import Store


@pytest.fixture
def means() -> Means:
    """What bodies are read with: the list as it comes."""
    return Means(allow_of(), Prints.under(bytes(32)), "2026-04-01")


@pytest.fixture
def ground(store: Store, settings: Settings) -> Iterator[Ground]:
    shelf = Shelf(store.records).settle()
    front = Front(store, settings, lambda: shelf.now)
    with TestClient(app_of(front), "http://127.0.0.1:8417", raise_server_exceptions=False) as client:
        yield Ground(shelf, client, front)


def app_of(front: Front) -> Starlette:
    """Nothing but intake."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await front.close()

    return Starlette(lifespan=lifespan, middleware=[Middleware(Doorway, front=front)])
