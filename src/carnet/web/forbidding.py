"""Why intake kept nothing of something: the rule, in its own words, with the address that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from carnet.gateway.intake.terms import defaults
from carnet.packs import named
from carnet.policy.rulebook import rulebook
from carnet.records.deciding import PACK
from carnet.web.record_addresses import with_query

if TYPE_CHECKING:
    from datetime import date

OTHERS = {"organisation.keep": "The organisation keeps nothing of this flow."}
"""What decides without being a rule of the pack."""


@dataclass(frozen=True, slots=True)
class Forbidding:
    """A rule that kept nothing."""

    rule: str
    means: str
    href: str
    """Empty where no page explains it."""


def forbidding(flow: str, rule: str, day: date) -> Forbidding:
    """A rule of the pack in a context in which it decides, a default of clients, or an organisation's own choice."""
    found = next((one for one in rulebook(named(PACK)).rules if one.id == rule), None)
    if found is not None:
        facts = {test.fact: min(test.classes) for test in found.when}
        asked = {"pack": PACK, "as_of": day.isoformat(), **facts}
        return Forbidding(rule, found.means, with_query(f"/explain/{quote(flow)}", **asked))
    default = next((one for one in defaults() if one.id == rule), None)
    return Forbidding(rule, default.means if default else OTHERS.get(rule, "It is no rule that this Carnet knows."), "")
