"""One person: the account, the consent with its history, what is kept by class, the sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.model.record import Scope
from carnet.records.answers import Names, account_answer, acts_answer
from carnet.records.scoping import sessions_of
from carnet.web.amounts import chunks_of
from carnet.web.record_rows import amount_answer, by_class, by_session, session_answer, session_rows

if TYPE_CHECKING:
    from carnet.model.account import Account, Act
    from carnet.records.answers import Answer
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore
    from carnet.web.amounts import Amount
    from carnet.web.record_rows import SessionRow


@dataclass(frozen=True, slots=True)
class Person:
    """An account with what is kept of it, as it is at one moment."""

    account: Account
    names: Names
    acts: tuple[Act, ...]
    """Oldest first."""
    classes: dict[str, Amount]
    sessions: tuple[SessionRow, ...]
    """Those with the newest records first."""

    @property
    def scope(self) -> Scope:
        return Scope(self.account.organisation, self.account.id)

    @property
    def answer(self) -> Answer:
        """Without the sessions and what is kept."""
        return account_answer(self.account, self.names)

    @property
    def whole(self) -> Answer:
        """Everything but records."""
        kept = {name: amount_answer(amount) for name, amount in self.classes.items()}
        listed = [session_answer(row) for row in self.sessions]
        return {**self.answer, "history": acts_answer(self.acts), "kept": kept, "sessions": listed}


def person_of(store: RecordStore, account: Account, unread: list[Unread] | None = None) -> Person:
    """What there is of an account; no body is opened. What cannot be read is added to `unread`."""
    names, scope = Names(store), Scope(account.organisation, account.id)
    acts = store.directory.acts(account.organisation, account.id)
    chunks = list(chunks_of(store, scope, unread))
    sessions = session_rows(sessions_of(store, scope, unread), by_session(chunks), names)
    return Person(account, names, tuple(acts), by_class(chunks, names), tuple(sessions))
