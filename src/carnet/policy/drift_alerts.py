"""Drift found by captures: judged once for each new version, and remembered until somebody looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime  # noqa: TC003 - msgspec reads the annotation
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from carnet.documents.compare import version_text
from carnet.documents.instants import written
from carnet.model.drift import Alert
from carnet.policy.drift import drift
from carnet.policy.history import covering
from carnet.policy.rulebook import rulebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from carnet.model.document import Document, Version
    from carnet.model.rule import Rule
    from carnet.packs import Pack
    from carnet.stores.contract import DocumentStore, Store

MOST = 100
"""Alerts remembered a document; older ones are in the history, where `carnet drift DOC OLD..NEW` finds them."""


class _Note(msgspec.Struct):
    """What is remembered of a document."""

    judged: datetime
    """Instant of the newest version that was judged."""
    alerts: list[Alert] = []


def judge_new(store: Store, packs: Sequence[Pack], documents: Sequence[Document]) -> list[Alert]:
    """Judge versions that live captures have made since the last call; the alerts they give, oldest first.

    Safe to repeat: a version is judged once. Histories that were imported raise no alert: they are not news.
    """
    return [alert for document in documents for alert in _judge(store, document, packs)]


def recorded(store: Store, packs: Sequence[Pack]) -> list[Alert]:
    """All alerts remembered for documents of these packs, newest first."""
    wanted = {pack.id for pack in packs}
    notes = (_read(store, document) for document in store.documents.documents())
    found = [alert for note in notes if note for alert in note.alerts if alert.pack in wanted]
    return sorted(found, key=lambda alert: alert.at, reverse=True)


def alert_line(alert: Alert) -> str:
    """`claude-code/data-usage 2026-04-23 18:19 UTC: 2 rules stale (survey.default, ...), 1 sentence no rule covers`."""
    told = []
    if alert.stale:
        told.append(f"{_counted(len(alert.stale), 'rule')} stale ({', '.join(alert.stale)})")
    if alert.reworded:
        told.append(f"{_counted(len(alert.reworded), 'rule')} reworded ({', '.join(alert.reworded)})")
    if alert.uncovered:
        told.append(f"{_counted(alert.uncovered, 'new sentence')} no rule covers")
    span = f"{alert.old[:12]}..{alert.new[:12]}"
    return f"{alert.document} {alert.at:%Y-%m-%d %H:%M} UTC: {', '.join(told)}: carnet drift {alert.document} {span}"


def alert_answer(alert: Alert) -> dict[str, object]:
    return {
        "document": alert.document,
        "pack": alert.pack,
        "at": written(alert.at),
        "old": alert.old,
        "new": alert.new,
        "stale_rules": list(alert.stale),
        "reworded_rules": list(alert.reworded),
        "uncovered": alert.uncovered,
    }


def standing(rules: Iterable[Rule], day: date) -> list[Rule]:
    """Rules with the citations that still hold on a day: an end that the pack knows already is nothing new."""
    return [
        replace(rule, cites=tuple(cite for cite in rule.cites if cite.until is None or cite.until > day))
        for rule in rules
    ]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _judge(store: Store, document: Document, packs: Sequence[Pack]) -> list[Alert]:
    pack = covering(store.documents, document, packs)
    versions = store.documents.versions(document.id) if pack else []
    note = _read(store, document)
    if pack is None or not versions or (note is not None and note.judged >= versions[-1].at):
        return []
    # A document that was never judged begins with its newest version: the steps before it are history.
    since = note.judged if note else versions[-2].at if len(versions) > 1 else versions[-1].at
    fresh = [
        alert
        for old, new in pairwise(versions)
        if new.at > since and _is_live(store.documents, new)
        for alert in _alerts(store.documents, document, old, new, pack)
    ]
    kept = [*(note.alerts if note else []), *fresh][-MOST:]
    store.set_note(_key(document), msgspec.json.encode(_Note(versions[-1].at, kept)).decode())
    return fresh


def _alerts(store: DocumentStore, document: Document, old: Version, new: Version, pack: Pack) -> list[Alert]:
    """What one transition puts in doubt, judged by all that the pack knows on its day."""
    day = new.at.date()
    found = drift(
        document.name, version_text(store, old), version_text(store, new), standing(rulebook(pack).rules, day), day
    )
    stale = tuple(dict.fromkeys(one.rule.id for one in found.stale if not one.reworded))
    reworded = tuple(dict.fromkeys(one.rule.id for one in found.stale if one.reworded and one.rule.id not in stale))
    if not (stale or reworded or found.uncovered):
        return []
    return [
        Alert(document.full_name, pack.id, new.at, old.digest, new.digest, stale, reworded, len(found.uncovered))
    ]  # fmt: skip


def _is_live(store: DocumentStore, version: Version) -> bool:
    seen = store.captures(version.document, since=version.at, until=version.at)
    return any(one.id == version.capture and not one.source for one in seen)


def _key(document: Document) -> str:
    return f"drift:{document.id}:{document.full_name}"


def _read(store: Store, document: Document) -> _Note | None:
    text = store.note(_key(document))
    try:
        return msgspec.json.decode(text, type=_Note) if text else None
    except msgspec.DecodeError:
        return None  # of another Carnet: the newest version is judged again
