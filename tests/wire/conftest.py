"""What `make wire` fetched, and a relay between a tap and an upstream that answers like the Messages API."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from carnet.stores.embedded.records import EmbeddedRecords
from tests.journeys.relaying import Site, kept_of, site, upstream
from tests.wire.tap import Tap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.gateway.upstream import Fake
    from tests.journeys.relaying import Kept
    from tests.journeys.vendor import Vendor

FOLDER = os.environ.get("CARNET_WIRE", "")
"""Where `make wire` put what npm installed; empty: it was not run."""
REAL = {"test_canaries", "test_claude_code", "test_npm_sdk"}
"""Tests that need it."""
ANN = "ann@acme.test"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not FOLDER and item.path.parent == Path(__file__).parent and item.path.stem in REAL:
            item.add_marker(pytest.mark.skip(reason="wire: run `make wire`, which fetches real clients with npm"))


@dataclass(frozen=True)
class Line:
    """A client's way: tap, relay, upstream; and an account whose key the client shows."""

    site: Site
    fake: Fake
    vendor: Vendor
    tap: Tap
    records: EmbeddedRecords
    key: str

    def kept(self, session: str) -> list[Kept]:
        return kept_of(self.records, session)


@pytest.fixture
def lay(data: Path, home: Path) -> Callable[[Vendor], AbstractContextManager[Line]]:
    """Lay a line to an upstream."""

    @contextmanager
    def laid(vendor: Vendor) -> Iterator[Line]:
        made = site(data, home)
        made.carnet("org", "add", "Acme", "--terms", "commercial", "--tier", "enterprise")
        made.carnet("account", "add", ANN, "--org", "Acme")
        key = made.carnet("key", "create", "--account", ANN).strip()
        with upstream(vendor) as fake:
            made.carnet(
                "upstream", "add", "main", "--format", "messages", "--url", fake.url, "--key-env", "UPSTREAM_KEY"
            )
            with made.serving(), Tap(made.port).open() as tap, closing(EmbeddedRecords(made.data)) as records:
                yield Line(made, fake, vendor, tap, records, key)

    return laid
