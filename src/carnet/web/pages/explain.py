"""One flow explained: verdict, deciding rule, the cited sentences, what else holds, what would flip it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.model.explanation import Quoted
from carnet.policy.explain import explain
from carnet.policy.explain_answers import explanation_answer
from carnet.policy.quoting import Quotes
from carnet.policy.words import condition_words
from carnet.web import addresses
from carnet.web.asking import is_plain, read_asked, spelled
from carnet.web.cells import cell, explain_href, missing_words
from carnet.web.fields import facts_of, fields
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json, site_of
from carnet.web.wording import BASES, RETENTION, VERDICTS, listed, state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.model.explanation import Explanation, Way
    from carnet.model.rule import Rule
    from carnet.model.verdict import Verdict
    from carnet.web.asking import Asked
    from carnet.web.site import Site


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation with its sentence and where to read on."""

    quoted: Quoted
    href: str
    """The version it is quoted from, with the rules beside it; empty where it was never captured here."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change that gives another verdict."""

    words: str
    verdict: str
    href: str


def explain_page(request: Request) -> Response:
    """`/explain/{flow}` and its JSON twin."""
    site, name = site_of(request), request.path_params["flow"]
    asked = read_asked(request.query_params, site.today())
    found = explain(asked.book, name, asked.context)
    quoted = _quoted(site, found.verdict)
    if asks_json(request):
        return as_json(
            request,
            {**explanation_answer(found, [one.quoted for one in quoted], asked.pack.id), "context": dict(asked.given)},
        )
    if not is_plain(request.query_params):
        return RedirectResponse(f"{explain_href(asked, found.flow)}", 303)
    return page(request, "explain.html", _view(asked, found, quoted))


def _view(asked: Asked, found: Explanation, quoted: Sequence[Cited]) -> dict[str, object]:
    flow = next(flow for flow in asked.book.flows if flow.id == found.flow)
    read = [fact.name for fact in asked.table(flow.id).facts]
    rest = [name for name in facts_of(asked) if name not in read]
    return {
        "asked": asked,
        "flow": flow,
        "flows": [(one, explain_href(asked, one.id)) for one in asked.book.flows],
        "found": found,
        "cell": cell(asked, flow),
        "basis": BASES.get(found.rule.basis, found.rule.basis) if found.rule else "",
        "why": _conditions(asked, found.rule) if found.rule else [],
        "aspects": aspects(asked, found.verdict),
        "missing": missing_words(asked, found.verdict.missing),
        "assumed": missing_words(asked, found.verdict.assumed),
        "quoted": quoted,
        "steps": _steps(asked, found.flow, found.ways),
        "branches": _branches(asked, found),
        "also": [(rule, _conditions(asked, rule)) for rule in found.also],
        "tried": found.tried,
        "holds": found.besides,
        "groups": fields(asked, read),
        "rest": fields(asked, rest),
        "json": json.dumps({"as_of": asked.day.isoformat(), **asked.given}, indent=1, ensure_ascii=False),
        "verdicts": VERDICTS,
        "meanings": asked.words.meanings(),
    }


def aspects(asked: Asked, found: Verdict) -> list[tuple[str, str]]:
    """What else the rules say of the flow, in words; nothing where it is off."""
    if found.verdict == "off":
        return [("Sent to", "nobody"), ("Kept", "not kept")]
    who = [asked.words.recipient(one, asked.given.get("provider", "")) for one in found.recipients]
    way = [] if found.verdict == "local-only" else [("In transit", state(found.transit))]
    return [
        ("Necessity", state(found.necessity)),
        ("For", listed(found.purposes) or "not stated"),
        ("Sent to", ", ".join(who) or "nobody"),
        ("Kept", RETENTION.get(found.retention, found.retention)),
        ("Trains models", state(found.training)),
        *way,
        ("At rest", state(found.at_rest)),
    ]


def _conditions(asked: Asked, rule: Rule) -> list[str]:
    facts = {fact.name: fact.classes for fact in asked.tables.facts}
    return [condition_words(test.fact, sorted(test.classes), facts.get(test.fact, ())) for test in rule.when]


def _quoted(site: Site, found: Verdict) -> list[Cited]:
    quotes = Quotes(site.store.documents)
    return [_cited(Quoted(cite, quotes.quote(cite))) for cite in found.citations]


def _cited(quoted: Quoted) -> Cited:
    quote = quoted.quote
    if quote is None:
        return Cited(quoted, "")
    anchor = f"#{quoted.citation.fingerprint.replace(':', '-')}"
    return Cited(quoted, addresses.of_annotated(quote.document, addresses.instant(quote.captured)) + anchor)


def _steps(asked: Asked, flow: str, ways: Sequence[Way]) -> list[Step]:
    """The changes, those that lead to the same verdict together, a variable on this machine before the rest."""
    ordered = sorted(ways, key=lambda way: (way.verdict == "unknown", not way.fact.startswith(("env.", "settings."))))
    return [Step(way.words, way.verdict, _with(asked, flow, way.fact, way.value)) for way in ordered]


def _with(asked: Asked, flow: str, fact: str, value: object) -> str:
    return f"/explain/{flow}?{asked.query({fact: '' if value is None else spelled(fact, value)})}"


def _branches(asked: Asked, found: Explanation) -> list[tuple[str, list[tuple[str, str]], list[tuple[str, str]]]]:
    """(fact in words, [(value in words, address)], [(aspect, value)]) for every missing fact."""
    return [
        (
            missing_words(asked, [one.fact])[0],
            [(asked.words.title(one.fact, value), _with(asked, found.flow, one.fact, value)) for value in one.values],
            [(aspect.replace("_", " "), state(value)) for aspect, value in one.gives],
        )
        for one in found.branches
    ]
