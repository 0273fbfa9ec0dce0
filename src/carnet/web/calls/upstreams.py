"""Calls about upstreams: the verbs of `carnet upstream`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.accounts.answers import upstream_answer
from carnet.accounts.organisations import organisation_named
from carnet.accounts.upstreams import add_upstream, change_upstream, upstream_named
from carnet.errors import CarnetError
from carnet.model.upstream import Upstream
from carnet.web.calls.call import Call
from carnet.web.calls.shapes import NewUpstream, UpstreamChange

if TYPE_CHECKING:
    from carnet.records.answers import Answer
    from carnet.web.calls.call import Asking, Nothing

ALL = "/api/admin/upstreams"
ONE = ALL + "/{name}"


def listed(asking: Asking, given: Nothing) -> Answer:
    """List upstreams in the order they are tried."""
    del given
    names = _names(asking)
    return {"upstreams": [upstream_answer(one, names) for one in asking.records.store.upstreams.listed()]}


def added(asking: Asking, given: NewUpstream) -> Answer:
    """Add an upstream. Its credential is never given here: only the name of the variable it is in."""
    at = asking.records.begin()
    store = asking.records.store
    owner = organisation_named(store.directory, given.org).id if given.org else 0
    headers = tuple(given.headers.items())
    one = Upstream(
        given.name, given.format, given.url, given.provider, at, given.key_env, headers, given.priority, owner
    )
    return upstream_answer(add_upstream(store.upstreams, one), _names(asking))


def changed(asking: Asking, given: UpstreamChange) -> Answer:
    """Take an upstream out of use, or back, or change its place in the order."""
    enabled = given.enabled if isinstance(given.enabled, bool) else None
    priority = given.priority if isinstance(given.priority, int) else None
    if enabled is None and priority is None:
        raise CarnetError("say what to change: enabled or priority")
    asking.records.begin()
    upstreams = asking.records.store.upstreams
    one = change_upstream(upstreams, asking.part("name"), enabled=enabled, priority=priority)
    return upstream_answer(one, _names(asking))


def removed(asking: Asking, given: Nothing) -> Answer:
    """Forget an upstream. What was kept of its traffic stays as it was."""
    del given
    asking.records.begin()
    upstreams = asking.records.store.upstreams
    one = upstream_named(upstreams, asking.part("name"))
    upstreams.remove(one.name)
    return {"removed": one.name}


def _names(asking: Asking) -> dict[int, str]:
    return {one.id: one.name for one in asking.records.store.directory.organisations()}


CALLS = (
    Call("GET", ALL, listed),
    Call("POST", ALL, added, NewUpstream, 201),
    Call("PATCH", ONE, changed, UpstreamChange),
    Call("DELETE", ONE, removed),
)
