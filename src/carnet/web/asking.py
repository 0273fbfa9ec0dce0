"""A context asked for by an address: `?as_of=2026-04-23&provider=bedrock&env.DISABLE_TELEMETRY=1`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from carnet.errors import CarnetError
from carnet.packs import load
from carnet.policy.compile import compile_tables
from carnet.policy.contexts import Context, as_day, read_context
from carnet.policy.facts import NOT_KNOWN, flatten
from carnet.policy.resolve import classify, verdict
from carnet.policy.rulebook import rulebook
from carnet.web.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from starlette.datastructures import QueryParams

    from carnet.model.verdict import Verdict
    from carnet.packs import Pack
    from carnet.policy.compile import Tables
    from carnet.policy.rulebook import Rulebook
    from carnet.policy.table import Classes, Table

UNKNOWN = "?"
"""What an address writes for a fact that is said to be not known (a fact left out may have a default)."""
EMPTY = '""'
"""What an address writes for a variable that is set to nothing."""
MOST = 120
"""Parameters of one address; a person's form has some forty."""
LONGEST = 4_000
"""Characters of one value; a JSON context may be as long as that."""
OWN = "carnet"
"""The pack of Carnet's own records: no agent's."""
APART = frozenset({"context", "pack", "view", "as_of"})
"""Parameters that are no facts, or are read before them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A context, ready to be decided."""

    pack: Pack
    book: Rulebook
    words: Wording
    tables: Tables
    context: Context
    given: Mapping[str, str]
    """Facts as the address writes them."""
    shared: tuple[str | None, ...]
    """The class of every fact of the date, in the tables' order."""

    @property
    def day(self) -> date:
        return self.context.day

    def decide(self, table: Table) -> Verdict:
        return verdict(table, self.classes(table))

    def classes(self, table: Table) -> Classes:
        return table.pick(self.shared)

    def table(self, flow: str) -> Table:
        return next(table for table in self.tables.tables if table.flow == flow)

    def query(self, changes: Mapping[str, str] | None = None) -> str:
        """The address's query with some facts changed; an empty value leaves a fact out."""
        given = {"as_of": self.day.isoformat(), **self.given, **(changes or {})}
        if self.pack_param:
            given = {"pack": self.pack_param, **given}
        return urlencode([(name, value) for name, value in given.items() if value], quote_via=quote, safe=':"?')

    @property
    def pack_param(self) -> str:
        """What a form sends for the pack; empty for the one that needs no naming."""
        return "" if self.pack.id == default_pack().id else self.pack.id

    def cleared(self) -> str:
        """The query of the same day and pack with no fact given."""
        return self.query(dict.fromkeys(self.given, ""))

    def asking(self, changes: Mapping[str, str]) -> Asked:
        """The same question with other facts (no day)."""
        given = {name: value for name, value in {**self.given, **changes}.items() if value}
        return asked_of(self.pack, self.day, given)


def packs_with_rules() -> list[Pack]:
    """Packs that pages can show: those of agents first, Carnet's own last."""
    return sorted((pack for pack in load() if (pack.folder / "flows.toml").exists()), key=lambda pack: pack.id == OWN)


def default_pack() -> Pack:
    """The pack shown where an address names none: `claude-code`, else the first there is."""
    packs = packs_with_rules()
    if not packs:
        raise CarnetError("No pack with rules is installed.")
    return next((pack for pack in packs if pack.id == "claude-code"), packs[0])


def day_query(pack: Pack, day: date) -> str:
    """The query of a day and a pack with no fact given."""
    return asked_of(pack, day, {}).query()


def named_pack(name: str) -> Pack:
    found = next((pack for pack in packs_with_rules() if pack.id == name), None)
    if found is None:
        known = ", ".join(pack.id for pack in packs_with_rules())
        raise CarnetError(f"There is no pack {name[:80]!r} with rules; there are: {known}.")
    return found


def read_asked(params: QueryParams, today: date) -> Asked:
    """The context an address asks for. Raises CarnetError naming the parameter and what it may be."""
    items = [(name, value) for name, value in params.multi_items() if name != "view"]
    if len(items) > MOST:
        raise CarnetError(f"This address has {len(items)} parameters; {MOST} at most.")
    if long := next((name for name, value in items if len(name) > 200 or len(value) > LONGEST), None):
        raise CarnetError(f"The parameter {long[:80]!r} is too long.")
    pack = named_pack(params["pack"]) if params.get("pack") else default_pack()
    # the JSON goes first: a field a person fills in beside it has the last word
    given, day = _from_json(params.get("context", ""))
    given |= {name: value for name, value in items if name not in APART and value}
    return asked_of(pack, as_day(params.get("as_of") or day, today), given)


def is_plain(params: QueryParams) -> bool:
    """False where a form left fields empty or gave JSON: then the page has a shorter address of its own."""
    return "context" not in params and all(value for name, value in params.multi_items() if name != "view")


def _from_json(text: str) -> tuple[dict[str, str], object]:
    """Facts as an address writes them, and `as_of`, from a JSON context."""
    if not text.strip():
        return {}, None
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CarnetError(f"context: this is not JSON: {error}") from error
    if not isinstance(tree, dict):
        raise CarnetError('context: a context is a JSON object such as {"provider": "bedrock"}')
    flat = flatten(tree)
    day = flat.pop("as_of", None)
    for name, value in flat.items():
        if name.startswith("env.") and not isinstance(value, str | None):
            raise CarnetError(f'{name}: an environment value is a string; write "{value}" in quotes')
    return {name: spelled(name, value) for name, value in flat.items() if value is not None}, day


def spelled(name: str, value: object) -> str:
    """A fact's value as an address writes it."""
    if isinstance(value, bool):
        return ("true" if value else "false") if name.startswith("settings.") else ("on" if value else "off")
    if isinstance(value, list):
        return ",".join(str(one) for one in value)
    return str(value) if value != "" else EMPTY


def asked_of(pack: Pack, day: date, given: Mapping[str, str]) -> Asked:
    """The question these facts make, written as an address writes them."""
    book = rulebook(pack)
    tables = compile_tables(book, day)
    unknown = [name for name, value in given.items() if value == UNKNOWN]
    raw = {name: _value(name, value) for name, value in given.items() if value != UNKNOWN}
    read_context({name: "on" for name in unknown if name not in book.by_fact}, book, day)  # refuses what is no fact
    context = read_context({**raw, "as_of": day.isoformat()}, book, day)
    context = Context(day, {**context.facts, **dict.fromkeys(unknown, NOT_KNOWN)})
    return Asked(pack, book, wording(pack.folder), tables, context, dict(given), tuple(classify(tables, context.facts)))


def _value(name: str, text: str) -> object:
    """A fact's value from an address; settings keys have the types their files have."""
    text = "" if text == EMPTY else text
    if name.startswith("network.blocked"):
        return [part for part in text.split(",") if part]
    if not name.startswith("settings."):
        return text
    if text in {"true", "false"}:
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
