"""Organisations, accounts and holds as they stand, read again when any of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.model.account import Account, Organisation
    from carnet.model.record import Hold, Session
    from carnet.stores.records_contract import RecordStore


class Standing:
    """Who is who, and what is held. `generation` says as of which change."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self.generation = -1
        self.organisations: dict[int, Organisation] = {}
        self.holds: dict[Session, Hold] = {}
        self._accounts: dict[str, Account | None] = {}

    def refresh(self) -> int:
        """Read again what may have changed; the generation this now stands for."""
        return self.as_of(self._store.catalogue.generation())

    def as_of(self, generation: int) -> int:
        """The same, where the generation is known."""
        if generation != self.generation:
            self.organisations = {one.id: one for one in self._store.directory.organisations()}
            self.holds = {one.session: one for one in self._store.catalogue.holds()}
            self._accounts.clear()
            self.generation = generation
        return generation

    def account(self, email: str) -> Account | None:
        folded = email.casefold()
        if folded not in self._accounts:
            self._accounts[folded] = self._store.directory.account(email)
        return self._accounts[folded]
