"""`carnet explain`: why a flow's verdict is what it is, and which sentence says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from carnet.cli.context import Invocation
    from carnet.model.explanation import Explanation, Quoted
    from carnet.model.rule import Citation
    from carnet.packs import Pack
    from carnet.policy.contexts import Context


@click.command()
@click.argument("flow")
@click.option("--as-of", "as_of", metavar="D", help="Rules of this day (default: today).")
@click.option("--if", "given", multiple=True, metavar="FACT=VALUE", help="Suppose this; FACT= unsets it. Repeatable.")
@click.option("--pack", "pack", metavar="P", default="claude-code", show_default=True, help="Whose rules.")
@click.option("--home", metavar="DIR", help="Home folder to read instead of one's own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    invocation: Invocation,
    flow: str,
    as_of: str | None,
    given: tuple[str, ...],
    pack: str,
    home: str | None,
    as_json: bool,  # noqa: FBT001 - click passes a flag
) -> None:
    """Explain one flow: its verdict on this machine, the rule that decides it and the sentence it rests on.

    --if supposes other facts: --if provider=bedrock, --if env.DISABLE_TELEMETRY=1, --if env.DISABLE_TELEMETRY= (not
    set). Sentences are quoted from the versions captured here; without them the rule is told in Carnet's own words.
    """
    from carnet.cli.supposing import overlay  # noqa: PLC0415 - help does without
    from carnet.packs import named  # noqa: PLC0415
    from carnet.policy.contexts import as_day  # noqa: PLC0415
    from carnet.policy.explain import explain  # noqa: PLC0415
    from carnet.policy.rulebook import rulebook  # noqa: PLC0415

    chosen = named(pack)
    book = rulebook(chosen)
    supposed = overlay(given)
    day = as_day(supposed.get("as_of", as_of), datetime.now(UTC).date())
    here = Here(chosen, day, home)
    found = explain(book, flow, here.context(supposed))
    quotes = quoted(invocation, found)
    if as_json:
        from carnet.cli.printing import print_json  # noqa: PLC0415
        from carnet.policy.explain_answers import explanation_answer  # noqa: PLC0415

        print_json(explanation_answer(found, quotes, pack))
        return
    from carnet.cli.explaining import print_explanation  # noqa: PLC0415

    otherwise = explain(book, flow, here.context({})).verdict.verdict if here.reads else ""
    print_explanation(found, quotes, supposed, otherwise, pack)


class Here:
    """This machine, as far as the pack says where its agent keeps settings."""

    def __init__(self, pack: Pack, day: date, home: str | None) -> None:
        from carnet.agent.layout import layout  # noqa: PLC0415 - help does without
        from carnet.agent.machine import read_machine  # noqa: PLC0415
        from carnet.cli.here import sources_here, with_policies  # noqa: PLC0415

        self._pack, self._day = pack, day
        self._layout = layout(pack)
        if self._layout is not None:
            sources = with_policies(sources_here(home, None, None), self._layout)
            self._machine = read_machine(sources, self._layout, day)

    @property
    def reads(self) -> bool:
        """Whether a machine is read at all."""
        return self._layout is not None

    def context(self, supposed: Mapping[str, object]) -> Context:
        """The machine's facts, with what is supposed laid over them; what follows from others is derived anew."""
        from carnet.agent.machine import assuming  # noqa: PLC0415 - help does without
        from carnet.policy.contexts import read_context  # noqa: PLC0415
        from carnet.policy.rulebook import rulebook  # noqa: PLC0415

        facts = {name: value for name, value in supposed.items() if name != "as_of"}
        if self._layout is not None:
            facts = assuming(self._machine, self._layout, facts).facts()
        given = {name: value for name, value in facts.items() if value is not None}
        return read_context({**given, "as_of": self._day.isoformat()}, rulebook(self._pack), self._day)


def quoted(invocation: Invocation, found: Explanation) -> list[Quoted]:
    """The citations of a verdict with their sentences, where this store has them."""
    from carnet.model.explanation import Quoted  # noqa: PLC0415 - help does without

    cites = once(found.verdict.citations)
    store = invocation.standing_store if cites else None
    if store is None:
        return [Quoted(cite, None) for cite in cites]
    from carnet.policy.quoting import Quotes  # noqa: PLC0415 - it pays for the reader of sentences

    quotes = Quotes(store.documents)
    return [Quoted(cite, quotes.quote(cite)) for cite in cites]


def once(cites: Sequence[Citation]) -> list[Citation]:
    """Citations without those that name the same sentence again (another version of it carries it too)."""
    return list({(one.document, one.section, one.fingerprint): one for one in reversed(cites)}.values())[::-1]
