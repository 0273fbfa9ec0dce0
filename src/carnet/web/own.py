"""What a person may do with what is kept about them. Whose it is comes from their key alone, never from a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.errors import BusyError, GoneError
from carnet.model.record import Scope
from carnet.records import erasing, works
from carnet.records.answers import Names, record_answer
from carnet.records.exporting import asked_subject
from carnet.records.reading import find, show
from carnet.records.scoping import sessions_of, words_of
from carnet.records.surveying import Unread, refuse_unread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.model.account import Account, Caller
    from carnet.model.record import Session
    from carnet.records.answers import Answer
    from carnet.records.receipts import Receipt
    from carnet.web.records import Records


def own_account(records: Records, caller: Caller) -> Account:
    """Their account as it is now: the key book may be a moment behind. Raises GoneError once it is not theirs."""
    found = records.store.directory.account(caller.account.email)
    if found is None or found.id != caller.account.id:
        raise GoneError("this account was deleted a moment ago")
    return found


def scope_of_own(account: Account, session: str = "", repository: str = "") -> Scope:
    """What is meant, within what is theirs."""
    return Scope(account.organisation, account.id, session, repository)


def own_sessions(
    records: Records, caller: Caller, session: str, repository: str = "", unread: list[Unread] | None = None
) -> list[Session]:
    """A session's parts (one a repository). Raises GoneError where there are none of theirs.

    What cannot be read is added to `unread`: where none is found, UnreadError says so.
    """
    found = sessions_of(records.store, scope_of_own(caller.account, session, repository), unread)
    if session and not found:
        refuse_unread(unread or (), "Nothing of yours is kept of this session in what can be read")
    if not session or not found:
        raise _no_session()
    return found


def own_record(records: Records, caller: Caller, id_: str) -> Answer:
    """A record of theirs. Raises GoneError for one that is not there, and the same for one of somebody else."""
    try:
        _, found = find(records.store, id_)
    except GoneError:
        raise _none() from None
    account = caller.account
    if (found.session.organisation, found.session.account) != (account.organisation, account.id):
        raise _none()
    return record_answer(found, Names(records.store))


def own_body(records: Records, caller: Caller, id_: str) -> bytes:
    """The body of a record of theirs, as it was put."""
    own_record(records, caller, id_)
    return show(records.store, records.keyring, id_, records.now()).data


def delete_own(records: Records, caller: Caller, session: str, repository: str = "") -> Receipt:
    """Erase a session of theirs. What is held waits for its release; asking again for that alone is refused.

    What cannot be read now is erased after the repair: it may have some of the session, whatever the rest has.
    """
    records.begin()
    scope, unread = scope_of_own(caller.account, session, repository), list[Unread]()
    parts = sessions_of(records.store, scope, unread)
    if not session or not (parts or unread):
        raise _no_session()
    held = {one.session for one in records.store.catalogue.holds()}
    asked = any(one.scope == scope for one in works.waiting(records.store))
    if asked and held.issuperset(parts) and not unread:
        raise BusyError("this was asked for already: it is held, and is deleted when it is released")
    words = words_of({"session": session, "account": caller.account.email, "repository": repository})
    work = erasing.begin(records.store, scope, records.now(), words)
    return erasing.erase(records.store, records.keyring, work, records.now)


def export_own(records: Records, caller: Caller) -> Iterator[bytes]:
    """Everything about them, as JSON lines; the log gets an entry. The manifest names what cannot be read."""
    at = records.begin()
    return asked_subject(records.store, records.keyring, own_account(records, caller), at, [])


def _no_session() -> GoneError:
    return GoneError("nothing of yours is kept of this session: it expired, was deleted, or never was")


def _none() -> GoneError:
    return GoneError("there is no such record of yours: it expired, was deleted, or never was")
