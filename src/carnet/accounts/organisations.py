"""Organisations: added with their terms, changed by dated acts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.accounts.caps import capped, caps_changes
from carnet.errors import ArgumentError, FieldError, NotFoundError
from carnet.model.account import RECORDINGS, TERMS, TIERS, Act, Organisation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from carnet.stores.records_contract import Directory

_LONGEST_NAME = 64


def add_organisation(directory: Directory, name: str, terms: str, tier: str, now: datetime) -> Organisation:
    """Add an organisation: nothing is inherited, zero data retention and the partner programme are off."""
    name = checked_name(name)
    if terms not in TERMS:
        raise FieldError("terms", f"{terms!r} is neither {' nor '.join(TERMS)}")
    check_tier(terms, tier)
    return directory.add_organisation(Organisation(0, name, terms, tier, now))


def checked_name(name: str) -> str:
    """A name in its composed form. Raises ArgumentError for one that would not look like what it is.

    What it may do to a page, a terminal or a shell is theirs to prevent; here goes only what cannot be seen: control
    and format characters, those that turn text around, and blanks around it or of another width.
    """
    name = unicodedata.normalize("NFC", name)
    seen = name.isprintable() and any(unicodedata.category(one)[0] in "LN" for one in name)
    if not seen or name != name.strip() or name.startswith("-") or len(name) > _LONGEST_NAME or _HIDDEN.search(name):
        raise ArgumentError(
            "name",
            f"{name!r} is no name: it has up to {_LONGEST_NAME} characters that can be seen, a letter or digit among "
            "them, and begins with neither a blank nor a -",
        )
    return name


_HIDDEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that show nothing."""


def check_tier(terms: str, tier: str) -> None:
    """Raise CarnetError for a tier that is not under these terms."""
    if tier not in TIERS[terms]:
        raise FieldError("tier", f"{tier!r} is not under {terms} terms; there are: {', '.join(TIERS[terms])}")


def organisation_named(directory: Directory, name: str) -> Organisation:
    """The organisation. Raises NotFoundError naming those there are."""
    found = directory.organisations()
    for one in found:
        if one.name == unicodedata.normalize("NFC", name):
            return one
    names = ", ".join(one.name for one in found[:10]) or "none yet; carnet org add NAME --terms … --tier … adds one"
    raise NotFoundError(f"there is no organisation {name!r}; there are: {names}")


def changed(
    organisation: Organisation,
    switches: Mapping[str, bool],
    keep: Mapping[str, str],
    now: datetime,
    recording: str = "",
    caps: Mapping[str, int | None] | None = None,
) -> tuple[Organisation, list[Act]]:
    """The organisation after acts of its operator or admin, with those that change anything.

    `switches` are `zdr`, `dpp`, `product-feedback`; `keep` gives flows a shorter class, or takes it back (empty);
    `recording` says what becomes of an exchange that cannot be recorded (empty: as it was);
    `caps` sets limits, or takes them back (None).
    """
    fields = {name: switches[word] for word, name in SWITCHES.items() if word in switches}
    _check(organisation, fields)
    kept = {flow: one for flow, one in {**dict(organisation.keep), **keep}.items() if one}
    new = replace(organisation, keep=tuple(sorted(kept.items())), **fields)  # type: ignore[arg-type]
    new = replace(
        new, recording=_checked_recording(recording) or new.recording, caps=capped(organisation.caps, caps or {})
    )
    acts = [
        Act(organisation.id, 0, now, word, "on" if fields[name] else "off")
        for word, name in SWITCHES.items()
        if name in fields and fields[name] != getattr(organisation, name)
    ]
    before = dict(organisation.keep)
    acts += [
        Act(organisation.id, 0, now, "keep", f"{flow}={one or 'as the rules say'}")
        for flow, one in keep.items()
        if before.get(flow, "") != one
    ]
    if new.recording != organisation.recording:
        acts.append(Act(organisation.id, 0, now, "recording", new.recording))
    changes = caps_changes(organisation.caps, new.caps)
    acts += [Act(organisation.id, 0, now, name, said) for name, said in changes.items()]
    return new, acts


def _checked_recording(word: str) -> str:
    if word and word not in RECORDINGS:
        raise FieldError("recording", f"{word!r} is neither {' nor '.join(RECORDINGS)}")
    return word


SWITCHES = {"zdr": "zdr", "dpp": "dpp", "product-feedback": "product_feedback"}
"""Option -> attribute."""


def _check(organisation: Organisation, fields: Mapping[str, bool]) -> None:
    if fields.get("zdr") and organisation.tier != "enterprise":
        told = f"zero data retention is for enterprise organisations, and {organisation.name} is {organisation.tier}"
        raise FieldError("zdr", told, "on")
    if fields.get("dpp") and organisation.terms != "commercial":
        told = (
            f"the partner programme is for commercial terms, and {organisation.name} is under {organisation.terms} "
            "terms; there each person consents: carnet account consent EMAIL on"
        )
        raise FieldError("dpp", told, "on")
