"""Calls about organisations: the verbs of `carnet org`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from carnet.accounts.organisations import SWITCHES, add_organisation, organisation_named
from carnet.errors import CarnetError
from carnet.records.answers import acts_answer, organisation_answer
from carnet.records.changing import change_organisation, delete_organisation
from carnet.web.calls.call import Call
from carnet.web.calls.shapes import NewOrganisation, OrganisationChange

if TYPE_CHECKING:
    from carnet.records.answers import Answer
    from carnet.web.calls.call import Asking, Nothing

ALL = "/api/admin/organisations"
ONE = ALL + "/{name}"


def listed(asking: Asking, given: Nothing) -> Answer:
    """List organisations."""
    del given
    store = asking.records.store
    return {"organisations": [organisation_answer(store, one) for one in store.directory.organisations()]}


def shown(asking: Asking, given: Nothing) -> Answer:
    """Show an organisation with what it decided, and when."""
    del given
    return _answer(asking, asking.part("name"))


def added(asking: Asking, given: NewOrganisation) -> Answer:
    """Add an organisation. Zero data retention and the partner programme are off until somebody turns them on."""
    at = asking.records.begin()
    one = add_organisation(asking.records.store.directory, given.name, given.terms, given.tier, at)
    return _answer(asking, one.name)


def changed(asking: Asking, given: OrganisationChange) -> Answer:
    """Change what an organisation decided. Each change is a dated act; what is kept already may only end sooner by it.

    `ends_sooner` is the number of batches of records that do.
    """
    records = asking.records
    switches = {word: value for word, name in SWITCHES.items() if isinstance(value := getattr(given, name), bool)}
    recording = "" if given.recording is UNSET else str(given.recording)
    caps = given.limits.options()
    if not (switches or given.keep or recording or caps):
        raise CarnetError("say what to change: zdr, dpp, product_feedback, keep, recording or limits")
    at = records.begin()
    one = organisation_named(records.store.directory, asking.part("name"))
    sooner = change_organisation(
        records.store, records.keyring, one, switches, given.keep, at, recording, caps, asking.unread
    )
    return {**_answer(asking, one.name), "ends_sooner": sooner}


def deleted(asking: Asking, given: Nothing) -> Answer:
    """Erase an organisation, its accounts and all their records. The receipt is in the answer, and nowhere else."""
    del given
    records = asking.records
    records.begin()
    one = organisation_named(records.store.directory, asking.part("name"))
    return dict(delete_organisation(records.store, records.keyring, one, records.now).answer)


def _answer(asking: Asking, name: str) -> Answer:
    store = asking.records.store
    one = organisation_named(store.directory, name)
    return {**organisation_answer(store, one), "acts": acts_answer(store.directory.acts(one.id, 0))}


CALLS = (
    Call("GET", ALL, listed),
    Call("POST", ALL, added, NewOrganisation, 201),
    Call("GET", ONE, shown),
    Call("PATCH", ONE, changed, OrganisationChange),
    Call("DELETE", ONE, deleted),
)
