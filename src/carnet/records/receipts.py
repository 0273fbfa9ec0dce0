"""Receipts of erasure: what was destroyed and when, and the proof that the log says so."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.documents.instants import written
from carnet.errors import CarnetError, GoneError
from carnet.records.chronicle import NAME, commitment, publish_log
from carnet.records.log.verify import check_receipt_proof, prove

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.model.record import Work
    from carnet.records.chronicle import Written
    from carnet.records.keyring import Keyring
    from carnet.records.log.note import Signer
    from carnet.records.surveying import Unread
    from carnet.stores.objects_contract import Objects
    from carnet.stores.records_contract import RecordStore

_DETAILS = ("receipt", "scope", "asked", "keys_destroyed", "finished", "sessions", "records", "bytes")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an erasure came to. Only its asker has the salt: the store itself keeps nothing that names the scope."""

    answer: Mapping[str, object]
    """As it is printed."""
    unread: tuple[Unread, ...] = ()
    """What could not be reached: nothing of it is erased yet."""

    @property
    def queued(self) -> bool:
        return self.answer["state"] == "queued"


def details_of(work: Work) -> dict[str, object]:
    """What the log's entry commits to."""
    counted = work.done.get("counted")
    return {
        "receipt": work.done["receipt"],
        "scope": work.done["words"],
        "asked": written(work.asked),
        "keys_destroyed": work.done.get("keys"),
        "finished": work.done.get("finished"),
        **(counted if isinstance(counted, dict) else {}),
    }


def receipt_of(
    work: Work,
    entry: Written | None,
    signer: Signer | None,
    objects: Objects | None = None,
    unread: tuple[Unread, ...] = (),
) -> Receipt:
    """The receipt of an erasure that is done; without an entry of the log, of one that waits."""
    state = "queued" if entry is None else "done"
    answer: dict[str, object] = {"state": state, **details_of(work), "salt": work.done["salt"]}
    if entry is None or signer is None or objects is None:
        missing = {"unread": sorted({one.name for one in unread})} if unread else {}
        return Receipt({**answer, "held": work.done.get("held", 0), **missing}, unread)
    return Receipt({**answer, "log": log_part(objects, signer, entry.index, entry.entry)})


def log_part(objects: Objects, signer: Signer, index: int, entry: bytes) -> dict[str, object]:
    """The entry with its proof, as a receipt holds them."""
    proof = prove(objects, index)
    return {
        "index": index,
        "entry": entry.decode(),
        "proof": [base64.b64encode(one).decode() for one in proof.hashes],
        "checkpoint": proof.checkpoint.decode(),
        "key": signer.verifier.text(),
    }


def past(store: RecordStore, most: int = 1000) -> list[dict[str, object]]:
    """Erasures that are done, newest first, as far as the store knows them: numbers and instants, no names."""
    openings = [(index, dict(words)) for index, words in store.catalogue.openings(most)]
    return [{"index": index, **words} for index, words in openings if words.get("event") == "erasure"]


def completed(store: RecordStore, signer: Signer, queued: Mapping[str, object]) -> Receipt:
    """The receipt of an erasure that waited, once it is done: from what its asker was given, and what the log has.

    Raises GoneError where no erasure of that number is done.
    """
    for row in past(store, store.catalogue.size()):
        if row.get("receipt") == queued.get("receipt"):
            index = int(str(row["index"]))
            told = {name: row[name] for name in _DETAILS if name in row}
            log = log_part(store.objects, signer, index, store.catalogue.entries(index, index + 1)[0])
            answer = {"state": "done", **told, "scope": queued.get("scope"), "salt": queued.get("salt"), "log": log}
            return Receipt(answer)
    raise GoneError(
        f"no erasure with the receipt {queued.get('receipt')} is done; it may still wait for a release, or a repair"
    )


def looked_over(store: RecordStore, keyring: Keyring, answer: Mapping[str, object]) -> Receipt | list[str]:
    """What is wrong with a receipt by this store's log; or, of one that waited, the whole receipt."""
    if store.catalogue.fact(NAME) is None:
        raise CarnetError("nothing has been erased here, so that no receipt can be of this Carnet")
    ours = publish_log(store, keyring)
    if answer.get("state") == "queued":
        return completed(store, ours, answer)
    return receipt_faults(answer, ours.verifier.text())


def receipt_faults(answer: Mapping[str, object], key: str = "") -> list[str]:
    """What is wrong with a receipt, without any store: that it was made by the log of `key` (or of the key it names),
    and that what it says is what the log committed to.
    """
    log = answer.get("log")
    if answer.get("state") != "done" or not isinstance(log, dict):
        return ["this is no receipt of an erasure that is done"]
    try:
        return [*_commitment_faults(answer, log), *_log_faults(log, key)]
    except (KeyError, TypeError, ValueError) as error:
        return [f"the receipt is not whole: {type(error).__name__}: {error}"]


def _commitment_faults(answer: Mapping[str, object], log: Mapping[str, object]) -> list[str]:
    details = {name: answer[name] for name in _DETAILS}
    entry = str(log["entry"])
    committed = commitment(str(answer["salt"]), details)
    return [] if f'"commitment":"{committed}"' in entry else ["what it says is not what the log committed to"]


def _log_faults(log: Mapping[str, object], key: str) -> list[str]:
    named = str(log["key"])
    if key and key != named:
        return [f"it is of another log: it names the key {named}"]
    proof, index = log["proof"], log["index"]
    if not isinstance(proof, list):
        return ["its proof is no list"]
    if not isinstance(index, int) or isinstance(index, bool):
        return ["its index is no number"]
    hashes = [base64.b64decode(str(one), validate=True) for one in proof]
    if [base64.b64encode(one).decode() for one in hashes] != proof:
        return ["its proof is not written as hashes are"]
    return check_receipt_proof(str(log["entry"]).encode(), index, hashes, str(log["checkpoint"]).encode(), named)
