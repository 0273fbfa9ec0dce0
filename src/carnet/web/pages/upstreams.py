"""Upstreams on the pages of organisations, and those for everybody on the page of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.accounts.organisations import organisation_named
from carnet.accounts.upstreams import add_upstream, change_upstream, upstream_named
from carnet.errors import CarnetError, FieldError
from carnet.model.upstream import FORMATS, PROVIDERS, Upstream
from carnet.settings import environment
from carnet.web.record_addresses import ACCOUNTS, of_organisation
from carnet.web.records import records_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.stores.records_contract import RecordStore

CHOICES = {"formats": FORMATS, "providers": PROVIDERS}


def upstreams_of(store: RecordStore, organisation: int) -> list[tuple[Upstream, tuple[str, ...]]]:
    """Those of an organisation alone (0: those for everybody), with the variables that are not set where we run."""
    environ = environment()
    return [
        (one, tuple(name for name in variables_of(one) if not environ.get(name)))
        for one in store.upstreams.listed()
        if one.organisation == organisation
    ]


def variables_of(one: Upstream) -> list[str]:
    return [name for name in (one.key_env, *(variable for _, variable in one.headers)) if name]


def add(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/upstreams/add`."""
    records = records_of(request)
    at = records.begin()
    org = form.get("org", "")
    owner = organisation_named(records.store.directory, org).id if org else 0
    name, url, key_env = (form.get(field, "").strip() for field in ("name", "url", "key_env"))
    given = form.get("format", FORMATS[0]), url, form.get("provider", PROVIDERS[0])
    one = Upstream(name, *given, at, key_env, (), _priority(form.get("priority", "")) or 100, owner)
    add_upstream(records.store.upstreams, one)
    return _back(org, "upstream-added")


def change(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/upstreams/set`: used or not, or another place in the order."""
    records = records_of(request)
    used = form.get("enabled", "")
    if used not in {"", "on", "off"}:
        raise CarnetError("An upstream is on or off.")
    records.begin()
    enabled = used == "on" if used else None
    one = change_upstream(
        records.store.upstreams, form.get("name", ""), enabled=enabled, priority=_priority(form.get("priority", ""))
    )
    return _back(_owner(records.store, one), "upstream-set")


def remove(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /accounts/upstreams/remove`: what was kept of its traffic stays as it was."""
    records = records_of(request)
    records.begin()
    one = upstream_named(records.store.upstreams, form.get("name", ""))
    owner = _owner(records.store, one)
    records.store.upstreams.remove(one.name)
    return _back(owner, "upstream-removed")


def _priority(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise FieldError("priority", "write a whole number; the lowest is tried first")
    return int(text[:12])


def _owner(store: RecordStore, one: Upstream) -> str:
    return next((org.name for org in store.directory.organisations() if org.id == one.organisation), "")


def _back(org: str, done: str) -> Response:
    where = f"{of_organisation(org)}&" if org else f"{ACCOUNTS}?"
    return RedirectResponse(f"{where}done={done}#upstreams", 303)
