"""Which records somebody means by names, and refusing to guess between two people's sessions of one name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.accounts.organisations import organisation_named
from carnet.accounts.people import account_named
from carnet.errors import AmbiguousError, CarnetError, GoneError
from carnet.model.record import Scope
from carnet.records.answers import Names
from carnet.records.surveying import asked, refuse_unread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carnet.model.record import Session
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore


def scope_of(store: RecordStore, org: str = "", account: str = "", session: str = "", repository: str = "") -> Scope:
    """The scope of some names. Raises NotFoundError for an organisation or account that does not exist."""
    scope = Scope(session=session, repository=repository)
    if org:
        scope = replace(scope, organisation=organisation_named(store.directory, org).id)
    if account:
        found = account_named(store.directory, account)
        if scope.organisation not in {0, found.organisation}:
            raise CarnetError(f"the account {account} is not of the organisation {org}")
        scope = replace(scope, organisation=found.organisation, account=found.id)
    return scope


def sessions_of(store: RecordStore, scope: Scope, unread: list[Unread] | None = None) -> list[Session]:
    """Sessions with records in a scope, and those that are held. What cannot be read is added to `unread`."""
    found = {one for _, sessions in asked(store, lambda where: where.sessions(scope), unread) for one in sessions}
    found |= {one.session for one in store.catalogue.holds() if scope.covers(one.session)}
    return sorted(found, key=lambda one: (one.organisation, one.account, one.name, one.repository))


def one_owner(store: RecordStore, scope: Scope, unread: list[Unread] | None = None) -> tuple[Scope, list[Session]]:
    """A session's scope narrowed to the one account that has it, and its parts (one a repository).

    Raises GoneError where nobody has it, AmbiguousError where several accounts do: another tenant's is not touched.
    What cannot be read is added to `unread`: where nobody is known to have it, that may, if it is said whose.
    """
    sessions = sessions_of(store, scope, unread)
    owners = sorted({(one.organisation, one.account) for one in sessions})
    if not owners and unread:
        if scope.account:
            return scope, []
        refuse_unread(unread, f"nobody can tell whose the session {scope.session!r} is; say it with --account")
    if not owners:
        raise GoneError(f"nothing is kept of the session {scope.session!r}: it expired, was deleted, or never was")
    if len(owners) > 1:
        names = Names(store)
        who = tuple(names.account(account) or names.organisation(org) for org, account in owners)
        raise AmbiguousError(
            f"several accounts have a session {scope.session!r}: {', '.join(who)}; say whose with --account", who
        )
    return replace(scope, organisation=owners[0][0], account=owners[0][1]), sessions


KINDS = {"org": "organisation", "account": "account", "session": "session", "repository": "repository"}
"""Name of a part of a scope -> the word that receipts have for it."""


def narrowed(
    store: RecordStore, names: Mapping[str, str], unread: list[Unread] | None = None
) -> tuple[Scope, list[Session]]:
    """What some names mean, by the parts of KINDS, and its sessions; a session's name means those of one account, a
    repository's those of one organisation.

    Raises CarnetError where nothing is named: everything is never meant.
    """
    given = {name: value for name, value in names.items() if value}
    if not given:
        raise CarnetError("say what is meant: an organisation, an account, a session or a repository")
    scope = scope_of(store, **given)
    if scope.session:
        return one_owner(store, scope, unread)
    sessions = sessions_of(store, scope, unread)
    if scope.repository and not sessions and not (unread and scope.organisation):
        # a receipt for a name that was mistyped would be taken for a deletion
        refuse_unread(unread or [], f"nobody can tell whose the repository {scope.repository!r} is; say it with --org")
        raise GoneError(
            f"nothing is kept of the repository {scope.repository!r}: it expired, was deleted, or never was"
        )
    return _one_tenant(store, scope, sessions), sessions


def _one_tenant(store: RecordStore, scope: Scope, sessions: Sequence[Session]) -> Scope:
    """A repository's scope narrowed to the one organisation that has it: another's may have the same name."""
    if scope.organisation:
        return scope
    tenants = sorted({one.organisation for one in sessions})
    if len(tenants) > 1:
        names = Names(store)
        who = tuple(names.organisation(one) for one in tenants)
        raise AmbiguousError(
            f"several organisations have a repository {scope.repository!r}: {', '.join(who)}; say whose with --org", who
        )
    return replace(scope, organisation=tenants[0])


def words_of(names: Mapping[str, str]) -> dict[str, str]:
    """Those names as receipts have them: the most particular first."""
    return {KINDS[name]: names[name] for name in ("session", "account", "org", "repository") if names.get(name)}
