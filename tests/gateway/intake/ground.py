"""Short words for reporting and for looking at what was kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carnet.accounts.keys import make_key
from carnet.gateway.intake.contract import Asked
from tests.records.kept import ANN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import httpx2
    from starlette.testclient import TestClient

    from carnet.gateway.intake.app import Front
    from carnet.gateway.intake.taking import Intake
    from tests.records.kept import Shelf

CANARY = "CANARY-9f3a"


@dataclass
class Ground:
    """A store with organisations, people and keys, behind intake."""

    shelf: Shelf
    client: TestClient
    front: Front
    _keys: dict[str, str] = field(default_factory=dict)

    def key(self, account: str = ANN, scope: str = "intake") -> str:
        """A key of that account, made once."""
        name = f"{account} {scope}"
        if name not in self._keys:
            shelf = self.shelf
            _, self._keys[name] = make_key(
                shelf.store.api_keys, shelf.account(account), [scope], None, "test", shelf.now
            )
        return self._keys[name]

    def bearer(self, account: str = ANN) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key(account)}"}

    def post(
        self, path: str, body: object, account: str = ANN, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """Bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, content=data, headers={**self.bearer(account), **(headers or {})})

    def envelope(self, body: bytes, account: str = ANN, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        auth = {"x-sentry-auth": f"Sentry sentry_key={self.key(account)}, sentry_version=7, sentry_client=test/1"}
        return self.client.post("/api/1/envelope/", content=body, headers={**auth, **(headers or {})})

    @property
    def intake(self) -> Intake:
        assert self.front._intake is not None
        return self.front._intake

    def kept(self, kind: str = "") -> list[dict[str, Any]]:
        """Bodies of what was kept."""
        records = [one for one in self.shelf.everything() if kind in {"", one.lane.kind}]
        return [json.loads(self.shelf.shown(one.id)) for one in records]

    def counted(self, flow: str) -> dict[str, int]:
        return dict(self.intake.counts.all().get(f"{self.shelf.now:%Y-%m-%d}", {}).get(flow, {}))


def asked(path: str = "/", query: Mapping[str, str] | None = None, **headers: str) -> Asked:
    """A request whose headers are named with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Asked("POST", path, query or {}, named, "127.0.0.1")


def envelope(*items: tuple[Mapping[str, object], bytes], event: str = "") -> bytes:
    """An envelope; items get their length unless their header has one (None takes it away)."""
    lines = [json.dumps({"event_id": event} if event else {}).encode()]
    for header, payload in items:
        head = {key: value for key, value in {"length": len(payload), **header}.items() if value is not None}
        lines += [json.dumps(head).encode(), payload]
    return b"\n".join(lines)


def written(data: Path) -> bytes:
    """Every byte of every file below a folder."""
    return b"".join(path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file())
