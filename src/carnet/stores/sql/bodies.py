"""Bodies: content-addressed texts and raw bytes of a document, each a step from the one written before it."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa
import zstandard

from carnet.errors import NotFoundError, StoreError
from carnet.stores.sql.packing import Link, pack, unpack
from carnet.stores.sql.recent import RecentTexts
from carnet.stores.sql.tables import CANONICAL, DIGEST_HEAD, body, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    _Key = tuple[int, bytes]
    _Row = sa.Row[tuple[int, int, bytes, int, bytes]]

EMPTY = hashlib.sha256(b"").digest()
_RECENT = 32 << 20
_AT_ONCE = 256


class Bodies:
    """Reads and writes bodies on a connection; keeps the recent texts."""

    def __init__(self) -> None:
        self._recent = RecentTexts(_RECENT)

    def write(
        self, connection: sa.Connection, kind: int, texts: Sequence[tuple[int, bytes | None]]
    ) -> list[int | None]:
        """Ids of these bodies (document, bytes), written where they are new. Within a writing transaction only."""
        keys = [(owner, hashlib.sha256(text).digest()) if text is not None else None for owner, text in texts]
        known = self.known(connection, kind, {key for key in keys if key})
        new: dict[int, dict[bytes, bytes]] = {}
        for key, (owner, text) in zip(keys, texts, strict=True):
            if key and text is not None and key not in known:
                new.setdefault(owner, {})[key[1]] = text
        known |= self._append(connection, kind, new)
        return [known[key] if key else None for key in keys]

    def read(self, connection: sa.Connection, identity: int) -> bytes:
        """One body by id."""
        return next(text for _, text in self.read_many(connection, [identity]))

    def read_many(self, connection: sa.Connection, identities: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Bodies by id, in the order they were written: each is decoded from the one before it."""
        wanted = sorted(set(identities))
        for start in range(0, len(wanted), _AT_ONCE):
            yield from self._walk(connection, wanted[start : start + _AT_ONCE])

    def text(self, connection: sa.Connection, digest: bytes) -> bytes:
        """A canonical text by digest."""
        if digest == EMPTY:
            return b""
        # Asked also where it is at hand: its document may be removed by now.
        found = connection.scalar(_FIRST_TEXT, {"head": digest[:6], "whole": digest})
        if found is None:
            raise NotFoundError(f"no text with digest {digest.hex()} in this store")
        return self._at_hand(connection, found, digest)

    def identities(self, connection: sa.Connection, digests: Iterable[bytes]) -> dict[int, bytes]:
        """Canonical bodies with these digests, by id."""
        wanted, found = sorted(set(digests)), dict[bytes, int]()
        query = sa.select(body.c.digest, body.c.id).where(body.c.kind == CANONICAL).order_by(body.c.id.desc())
        for start in range(0, len(wanted), _AT_ONCE):
            rows = connection.execute(query.where(_has_digest(wanted[start : start + _AT_ONCE])))
            found.update((row[0], row[1]) for row in rows)
        return {identity: digest for digest, identity in found.items()}

    def known(self, connection: sa.Connection, kind: int, keys: set[_Key]) -> dict[_Key, int]:
        """Ids of the bodies that are there, by (document, digest)."""
        found, digests = dict[tuple[int, bytes], int](), sorted({digest for _, digest in keys})
        query = sa.select(body.c.document, body.c.digest, body.c.id).where(body.c.kind == kind)
        for start in range(0, len(digests), _AT_ONCE):
            rows = connection.execute(query.where(_has_digest(digests[start : start + _AT_ONCE])))
            found.update(((row[0], row[1]), row[2]) for row in rows)
        return found

    def _append(
        self, connection: sa.Connection, kind: int, new: Mapping[int, Mapping[bytes, bytes]]
    ) -> dict[_Key, int]:
        """Write new bodies (digest to bytes, by document), each at the end of its document's chain."""
        if not new:
            return {}
        # No other writer overlaps, so the ids can be given here: one insert for all, each naming its base.
        identity = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(body.c.id), 0))) or 0
        ends, rows, given = (
            self._ends(connection, kind, list(new)),
            list[dict[str, object]](),
            dict[tuple[int, bytes], int](),
        )
        for owner, texts in new.items():
            base, before, last = ends.get(owner, (None, b"", None))
            for (digest, text), packed in zip(texts.items(), pack(last, list(texts.values())), strict=True):
                identity += 1
                row = {"id": identity, "document": owner, "kind": kind, "digest": digest, "size": len(text)}
                rows.append(row | {"base": base if packed.depth else None, "depth": packed.depth, "data": packed.data})
                base = given[owner, digest] = identity
                # Kept at hand is each chain's end, what the next step is made from: all of them would push it out.
                self._recent.drop(before)
                self._recent.put(digest, text)
                before = digest
        connection.execute(sa.insert(body), rows)
        return given

    def _ends(self, connection: sa.Connection, kind: int, owners: Sequence[int]) -> dict[int, tuple[int, bytes, Link]]:
        """Id, digest and link of the last body of each document."""
        mine = sa.and_(body.c.document == document.c.id, body.c.kind == kind)
        last = sa.select(sa.func.max(body.c.id)).where(mine).correlate(document).scalar_subquery()
        found: dict[int, tuple[int, bytes, Link]] = {}
        for start in range(0, len(owners), _AT_ONCE):
            ids = sa.select(last).where(document.c.id.in_(owners[start : start + _AT_ONCE]))
            query = sa.select(body.c.document, body.c.id, body.c.depth, body.c.digest).where(body.c.id.in_(ids))
            for row in connection.execute(query):
                text = partial(self._at_hand, connection, row.id, row.digest)
                found[row.document] = row.id, row.digest, Link(row.depth, text)
        return found

    def _at_hand(self, connection: sa.Connection, identity: int, digest: bytes) -> bytes:
        recent = self._recent.get(digest)
        return self.read(connection, identity) if recent is None else recent

    def _walk(self, connection: sa.Connection, wanted: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Decode along the chains, each body from its base, holding one text a chain."""
        rows = connection.execute(_chains(wanted)).all()
        held = self._needed(rows, wanted)
        asked, decoded = set(wanted), dict[int, bytes]()
        for row in rows:
            if row.id not in held:
                continue
            base = decoded.pop(row.base, b"")
            text = held[row.id]
            decoded[row.id] = text = self._decode(connection, row, base) if text is None else text
            if row.id in asked:
                self._verify(connection, row, text)
                yield row.id, text

    def _needed(self, rows: Sequence[_Row], wanted: Sequence[int]) -> dict[int, bytes | None]:
        """The bodies to go through for these, with the text of those still at hand: a walk begins there."""
        needed: dict[int, bytes | None] = dict.fromkeys(wanted)
        for row in reversed(rows):
            if row.id in needed:
                needed[row.id] = self._recent.get(row.digest)
                if needed[row.id] is None and row.base is not None:
                    needed.setdefault(row.base)
        return needed

    def _decode(self, connection: sa.Connection, row: _Row, base: bytes) -> bytes:
        try:
            return unpack(row.data, row.size, base)
        except zstandard.ZstdError as error:
            raise _damaged(connection, row, f"it cannot be decompressed: {error}") from error

    def _verify(self, connection: sa.Connection, row: _Row, text: bytes) -> None:
        if hashlib.sha256(text).digest() != row.digest:
            raise _damaged(connection, row, "its bytes do not match its digest")
        self._recent.put(row.digest, text)


_FIRST_TEXT = sa.select(sa.func.min(body.c.id)).where(
    body.c.kind == CANONICAL, sa.bindparam("head") == DIGEST_HEAD, body.c.digest == sa.bindparam("whole")
)
"""Built once: making a statement costs more than running it."""


def _has_digest(digests: Sequence[bytes]) -> sa.ColumnElement[bool]:
    heads = sorted({digest[:6] for digest in digests})
    return sa.and_(DIGEST_HEAD.in_(heads), body.c.digest.in_(digests))


def _chains(wanted: Sequence[int]) -> sa.Select[tuple[int, int, bytes, int, bytes]]:
    """The wanted bodies and all bodies below them, in the order they were written."""
    chain = sa.select(body.c.id, body.c.base).where(body.c.id.in_(wanted)).cte("chain", recursive=True)
    below = sa.select(body.c.id, body.c.base).join(chain, body.c.id == chain.c.base)
    chain = chain.union(below)
    query = sa.select(body.c.id, body.c.base, body.c.digest, body.c.size, body.c.data)
    return query.join(chain, body.c.id == chain.c.id).order_by(body.c.id)


def _damaged(connection: sa.Connection, row: _Row, how: str) -> StoreError:
    query = sa.select(document.c.collection, document.c.name).join(body, body.c.document == document.c.id)
    owner = connection.execute(query.where(body.c.id == row.id)).first()
    name = "/".join(owner) if owner else "a removed document"
    return StoreError(
        f"the text {row.digest.hex()} of {name} is damaged in the store: {how}; restore the store from a copy, "
        "or remove the document and import it again"
    )
