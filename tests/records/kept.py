"""A store of records to try things on: two organisations, three people, and short words for putting and looking."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from carnet.accounts.organisations import add_organisation, organisation_named
from carnet.accounts.people import account_named, add_account, new_account
from carnet.model.record import Draft, Form, Kept, Scope
from carnet.records import erasing
from carnet.records.changing import change_consent, change_organisation
from carnet.records.keeping import keep
from carnet.records.putting import Writer
from carnet.records.reading import listing, show
from carnet.records.scoping import scope_of
from carnet.records.verifying import faults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from carnet.model.account import Account, Organisation
    from carnet.model.record import Record, Session
    from carnet.records.keeping import Round
    from carnet.records.keyring import Keyring
    from carnet.records.putting import Answer
    from carnet.records.receipts import Receipt
    from carnet.stores.records_contract import RecordStore

NOW = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
ACME, PEOPLE = "acme", "people"
ANN, PAT, QUINN = "ann@acme.test", "pat@people.test", "quinn@people.test"
"""Of acme (commercial, enterprise); of people (consumer, pro): Pat consented to model improvement, Quinn did not."""


def ruin(shelf: Shelf, data: Path, name: str) -> bytes:
    """Put another file in the place of a partition's, nothing but zeros behind its head; what it was."""
    shelf.store.partition(name).checkpoint()
    file = data / "records" / f"part-{name}.db"
    content = file.read_bytes()
    mend(data, name, content[:4096] + bytes(len(content) - 4096))
    return content


def mend(data: Path, name: str, content: bytes) -> None:
    """Put a file of these bytes in the place of a partition's, as somebody does who restores it from a copy."""
    file = data / "records" / f"part-{name}.db"
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    other = file.with_suffix(".other")
    other.write_bytes(content)
    other.replace(file)


@dataclass
class Shelf:
    """A store with its writer and a clock that a test turns."""

    store: RecordStore
    now: datetime = NOW
    writer: Writer = field(init=False)

    def __post_init__(self) -> None:
        self.writer = Writer(self.store)

    @property
    def keyring(self) -> Keyring:
        return self.writer.keyring

    def settle(self) -> Shelf:
        """Add the organisations and people."""
        directory = self.store.directory
        acme = add_organisation(directory, ACME, "commercial", "enterprise", self.now)
        people = add_organisation(directory, PEOPLE, "consumer", "pro", self.now)
        add_account(directory, new_account(ANN, acme, "", self.now), "", self.now)
        add_account(directory, new_account(PAT, people, "", self.now), "on", self.now)
        add_account(directory, new_account(QUINN, people, "", self.now), "", self.now)
        return self

    def draft(self, body: bytes | str = "words", account: str = ANN, session: str = "s1", **others: object) -> Draft:
        """An exchange of inference with provider anthropic, unless said otherwise."""
        data = body.encode() if isinstance(body, str) else body
        form = Form.TEXT if isinstance(body, str) else Form.BYTES
        given = {"kind": "exchange", "flow": "inference", "provider": "anthropic", "form": form, **others}
        return Draft(account=account, session=session, body=data, **given)  # type: ignore[arg-type]

    def put(self, *drafts: Draft) -> list[Answer]:
        return self.writer.put(drafts, self.now)

    def kept(self, body: bytes | str = "words", account: str = ANN, session: str = "s1", **others: object) -> str:
        """The id of one record, put."""
        (answer,) = self.put(self.draft(body, account, session, **others))
        assert isinstance(answer, Kept), answer
        return answer.id

    def shown(self, record: str) -> bytes:
        return show(self.store, self.keyring, record, self.now).data

    def listed(self, **names: str) -> list[Record]:
        """Records of an org, account, session or repository (by name)."""
        return list(listing(self.store, scope_of(self.store, **names)))

    def ids(self, **names: str) -> set[str]:
        return {one.id for one in self.listed(**names)}

    def erase(self, **names: str) -> Receipt:
        scope = scope_of(self.store, **names)
        work = erasing.begin(self.store, scope, self.now, names)
        return erasing.erase(self.store, self.keyring, work, lambda: self.now)

    def sessions(self, name: str) -> list[Session]:
        return sorted({one.session for one in self.listed(session=name)}, key=str)

    def keep(self, due: datetime | None = None, idle: timedelta = timedelta(minutes=15)) -> Round:
        return keep(self.store, self.keyring, self.now, idle, due)

    def consent(self, email: str, given: str) -> int:
        return change_consent(self.store, self.keyring, self.account(email), given, self.now)

    def change(self, name: str, switches: Mapping[str, bool], keep: Mapping[str, str] | None = None) -> int:
        return change_organisation(self.store, self.keyring, self.organisation(name), switches, keep or {}, self.now)

    def account(self, email: str) -> Account:
        return account_named(self.store.directory, email)

    def organisation(self, name: str) -> Organisation:
        return organisation_named(self.store.directory, name)

    def faults(self) -> list[str]:
        return list(faults(self.store, self.keyring))

    def everything(self) -> list[Record]:
        return list(listing(self.store, Scope()))

    def later(self, **length: float) -> Shelf:
        """Turn the clock on."""
        self.now += timedelta(**length)
        return self
