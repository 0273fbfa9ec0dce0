"""Changes of terms and consent, with what they mean for what is kept already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.accounts.caps import CAPS
from carnet.accounts.organisations import changed, organisation_named
from carnet.accounts.people import set_consent
from carnet.errors import FieldError
from carnet.model.record import Scope
from carnet.records import erasing, reclassifying
from carnet.records.chronicle import publish_log, write
from carnet.records.deciding import Deciding
from carnet.records.retention import checked_class, shorter
from carnet.records.surveying import Unread, hand_over
from carnet.records.witnessing import WHOSE, loosens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from carnet.model.account import Account, Act, Organisation
    from carnet.records.keyring import Keyring
    from carnet.records.receipts import Receipt
    from carnet.stores.records_contract import RecordStore


_PASSING = {*CAPS, "recording"}
"""Acts that say what passes; what is kept already stays as it was decided."""


def change_consent(
    store: RecordStore,
    keyring: Keyring,
    account: Account,
    consent: str,
    now: datetime,
    unread: list[Unread] | None = None,
) -> int:
    """Write a consent, or its withdrawal; how many chunks end sooner because of it. Where some cannot be read, see
    `reclassify`: the change stands all the same.

    A withdrawal takes effect in the order that no crash can turn around: first it is written down that the account's
    records are to be decided again, then the consent changes, then they are.
    """
    with store.lock():
        work = reclassifying.begin(store, Scope(account.organisation, account.id), now)
        whose = account.organisation, account.id
        details = {"model-improvement": consent, WHOSE: list(whose)}
        if loosens("consent", consent):
            write(store, "consent", now, details, whose)
        set_consent(store.directory, account, consent, now)
        if not loosens("consent", consent):
            write(store, "consent", now, details, whose)
        found = list[Unread]()
        shortened = reclassifying.reclassify(store, keyring, work, now, found)
        publish_log(store, keyring)
    hand_over(found, unread)
    return shortened


def change_organisation(
    store: RecordStore,
    keyring: Keyring,
    organisation: Organisation,
    switches: Mapping[str, bool],
    keep: Mapping[str, str],
    now: datetime,
    recording: str = "",
    caps: Mapping[str, int | None] | None = None,
    unread: list[Unread] | None = None,
) -> int:
    """Carry out acts of an operator or admin; how many chunks end sooner because of them. Where some cannot be read,
    see `reclassify`: the change stands all the same.
    """
    with store.lock():
        organisation = organisation_named(store.directory, organisation.name)  # as others left it by now
        _check_keep(organisation, keep, now)
        new, acts = changed(organisation, switches, keep, now, recording, caps)
        if not acts:
            return 0
        deciding = any(act.what not in _PASSING for act in acts)
        work = reclassifying.begin(store, Scope(organisation.id), now) if deciding else None
        first = [act for act in acts if loosens(act.what, act.value)]
        _log(store, first, now)
        store.directory.change_organisation(new, acts)
        _log(store, [act for act in acts if act not in first], now)
        found = list[Unread]()
        shortened = reclassifying.reclassify(store, keyring, work, now, found) if work else 0
        publish_log(store, keyring)
    hand_over(found, unread)
    return shortened


def _log(store: RecordStore, acts: Sequence[Act], now: datetime) -> None:
    for act in acts:
        whose = act.organisation, 0
        write(store, act.what, now, {"value": act.value, WHOSE: list(whose)}, whose)


def _check_keep(organisation: Organisation, keep: Mapping[str, str], now: datetime) -> None:
    """An organisation may shorten, never lengthen."""
    deciding = Deciding(now.date())
    for flow, wanted in keep.items():
        if flow not in deciding.flows:
            raise FieldError("keep", f"there is no flow {flow!r}; there are: {', '.join(deciding.flows)}")
        if not wanted:
            continue
        longest = deciding.longest(organisation, flow)
        if shorter(checked_class(wanted), longest) != wanted:
            told = (
                f"the rules keep {flow} of {organisation.name} for {longest} at most; "
                "an organisation may shorten that, never lengthen it"
            )
            raise FieldError("keep", told, f"{flow}={wanted}")


def delete_account(store: RecordStore, keyring: Keyring, account: Account, clock: Callable[[], datetime]) -> Receipt:
    """Erase an account with all its records. While some are held it stays, closed, until their release."""
    now = clock()
    with store.lock():
        scope = Scope(account.organisation, account.id)
        work = erasing.begin(store, scope, now, {"account": account.email}, "account")
        store.directory.change_account(replace(account, closed=True), [])
        return erasing.erase(store, keyring, work, clock)


def delete_organisation(
    store: RecordStore, keyring: Keyring, organisation: Organisation, clock: Callable[[], datetime]
) -> Receipt:
    """Erase an organisation with its accounts and all their records."""
    now = clock()
    with store.lock():
        words = {"organisation": organisation.name}
        work = erasing.begin(store, Scope(organisation.id), now, words, "organisation")
        store.directory.change_organisation(replace(organisation, closed=True), [])
        return erasing.erase(store, keyring, work, clock)
