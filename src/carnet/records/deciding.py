"""Whether something may be kept, for how long, and for what: the pack `carnet` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.model.record import KINDS, Lane, Refusal
from carnet.packs import named
from carnet.policy.compile import compile_tables
from carnet.policy.resolve import resolve
from carnet.policy.rulebook import rulebook
from carnet.records.retention import NONE, is_class, shorter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from carnet.model.account import Account, Organisation
    from carnet.model.rule import Rule
    from carnet.model.verdict import Verdict

PACK = "carnet"
RATING, SURVEY = "rating", "survey"
OPERATIONAL = "days30"
"""What is no content is kept no longer than this, whatever flow it is counted to."""
_CONTENT = {"exchange", "feedback", "transcript", "session-event"}
"""Kinds that hold what people wrote; nothing else is ever eligible for training."""


class Deciding:
    """The rules of one day, asked about organisations and accounts as they stand."""

    def __init__(self, day: date) -> None:
        book = rulebook(named(PACK))
        self._tables = compile_tables(book, day)
        self.flows = tuple(flow.id for flow in book.flows)
        self.providers = book.control("provider").classes
        self.purposes = tuple(sorted({word for rule in book.rules for word in _purposes(rule)}))
        """All that any rule of any day names: what was kept under an older one still has it."""

    def check(self, kind: str, flow: str, provider: str) -> None:
        """Raise CarnetError for words that no rule knows. It does not repeat them: a body may stand in their place."""
        if kind not in KINDS:
            raise CarnetError(f"kind: this is none of {', '.join(KINDS)}")
        if flow not in self.flows:
            raise CarnetError(f"flow: this is none of {', '.join(self.flows)}")
        if provider and provider not in self.providers:
            raise CarnetError(f"provider: this is none of {', '.join(self.providers)}")
        if (kind == RATING) != (flow == SURVEY):
            raise CarnetError(f"kind {kind!r} with flow {flow!r}: a rating is of the flow survey, and nothing else is")

    def verdict(self, organisation: Organisation, account: Account | None, flow: str, provider: str) -> Verdict:
        """What the rules say of a flow. Without an account there is no consent."""
        if flow not in self.flows:  # a changed row, or one of a pack that knew it
            raise CarnetError(f"flow: {flow!r} is none of {', '.join(self.flows)}")
        facts = facts_of(organisation, account, provider)
        return next(one for one in resolve(self._tables, facts) if one.flow == flow)

    def decide(
        self, organisation: Organisation, account: Account | None, kind: str, flow: str, provider: str
    ) -> Lane | Refusal:
        """The lane a record goes into, or why it is not kept; what the rules leave open is not kept, not eligible."""
        if organisation.closed or (account is not None and account.closed):
            return Refusal("the account or its organisation is being deleted: nothing more is kept")
        if flow not in self.flows:
            return Refusal(f"no rule knows the flow {flow!r}: what is not known is not kept")
        verdict = self.verdict(organisation, account, flow, provider)
        if verdict.verdict != "on" or not is_class(verdict.retention) or verdict.retention == NONE:
            return Refusal(_why(verdict))
        allowed, own = verdict.retention, tuple[str, ...]()
        if kind not in _CONTENT and shorter(allowed, OPERATIONAL) != allowed:
            allowed, own = OPERATIONAL, ("kind.operation",)
        retention = shorter(allowed, dict(organisation.keep).get(flow, allowed))
        if retention == NONE:
            return Refusal(f"{organisation.name} keeps nothing of the flow {flow}")
        if retention != allowed:
            own = ("organisation.keep",)
        rules = dict.fromkeys(rule for _, rule in verdict.deciders)
        training = verdict.training == "yes" and kind in _CONTENT
        return Lane(kind, flow, provider, retention, training, verdict.purposes, (*rules, *own))

    def longest(self, organisation: Organisation, flow: str) -> str:
        """The longest class the rules give this flow for any account of the organisation, or `none`."""
        facts = facts_of(organisation, None, "anthropic")
        found = []
        for consent in ("on", "off"):
            asked = facts | {"model_improvement": consent, "org.zdr": "off", "org.product_feedback": "on"}
            found += [one.retention for one in resolve(self._tables, asked) if one.flow == flow]
        known = [one for one in found if is_class(one)]
        return max(known, key=lambda one: sum(shorter(one, other) == other for other in known), default=NONE)


def facts_of(organisation: Organisation, account: Account | None, provider: str) -> dict[str, object]:
    """The context the pack `carnet` reads."""
    facts: dict[str, object] = {
        "terms": organisation.terms,
        "tier": (account.tier if account else "") or organisation.tier,
        "model_improvement": _switch(account is not None and account.consent),
        "org.zdr": _switch(organisation.zdr),
        "org.dpp": _switch(organisation.dpp),
        "org.product_feedback": _switch(organisation.product_feedback),
    }
    return facts | {"provider": provider} if provider else facts


def eligible_now(deciding: Deciding, organisation: Organisation | None, account: Account | None, lane: Lane) -> bool:
    """Whether a record that was eligible when it was written still is: asked anew at every export."""
    if organisation is None or account is None or not lane.training:
        return False
    now = deciding.decide(organisation, account, lane.kind, lane.flow, lane.provider)
    return isinstance(now, Lane) and now.training


def _purposes(rule: Rule) -> Sequence[str]:
    found = dict(rule.then).get("purposes", ())
    return (found,) if isinstance(found, str) else found


def _switch(value: object) -> str:
    return "on" if value else "off"


def _why(verdict: Verdict) -> str:
    if verdict.missing:
        return f"not known: {', '.join(verdict.missing)}; what is not known is not kept"
    return f"{verdict.means or 'no rule says that it may be kept'} ({verdict.rule or 'no rule'})"
