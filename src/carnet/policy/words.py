"""Facts and their classes in words, and as the values a person would give for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.policy.facts import ASSUMED, TRUTHY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from carnet.model.rule import Value
    from carnet.policy.cubes import Conditions
    from carnet.policy.facts import Fact

UNSET = "unset"
_NAMES = {
    "client_version": "client",
    "foundry_hosting": "Foundry hosting",
    "model_improvement": "model improvement",
    "org.zdr": "zero data retention",
    "org.dpp": "partner programme",
    "org.hipaa": "HIPAA terms",
    "org.product_feedback": "product feedback",
}
_RATES = {"zero": "0", "between": "between 0 and 1", "one": "1"}
_SET = {"on": "set", "off": UNSET}


def fact_name(fact: str) -> str:
    """A fact as people call it: `DISABLE_TELEMETRY`, `cleanupPeriodDays`, `zero data retention`."""
    return _NAMES.get(fact) or fact.removeprefix("env.").removeprefix("settings.")


def value_words(fact: str, one: str) -> str:
    """One class of a fact in words: `set`, `unset`, `bedrock`, `2.1.198`."""
    plain = one.removesuffix(ASSUMED)
    if fact.startswith(("env.", "settings.")):
        return _SET.get(plain) or _RATES.get(plain) or plain
    return plain


def given_words(fact: str, one: str | None) -> str:
    """What is the case, as a sentence: `DISABLE_TELEMETRY is not set`, `provider is not known`."""
    name = fact_name(fact)
    if one is None:
        return f"{name} is not known"
    plain = one.removesuffix(ASSUMED)
    if fact == "client_version":
        return f"{name} is {'older than every floor' if plain == '0' else f'{plain} or later'}"
    assumed = " (assumed)" if one.endswith(ASSUMED) else ""
    word = "not set" if plain in {"off", UNSET} and fact.startswith(("env.", "settings.")) else value_words(fact, plain)
    return f"{name} is {word}{assumed}"


def condition_words(fact: str, classes: Sequence[str], among: Collection[str] = ()) -> str:
    """A condition as people say it: `provider bedrock or vertex`, `DISABLE_TELEMETRY unset`, `tier not api`.

    `among` are all classes the fact can have; where naming the others is shorter, they are named.
    """
    name = fact_name(fact)
    if fact == "client_version":
        return _versions(name, classes, among)
    others = [one for one in among if one not in classes]
    if len(classes) > 2 and 0 < len(others) < len(classes) - 1:
        return f"{name} {'neither ' if len(others) > 1 else 'not '}{_joined(fact, others, 'nor')}"
    return f"{name} {_joined(fact, classes, 'or')}"


def _versions(name: str, classes: Sequence[str], among: Collection[str]) -> str:
    ordered = list(among) or list(classes)
    inside = [at for at, one in enumerate(ordered) if one in classes]
    first, last = inside[0], inside[-1]
    if len(inside) != last - first + 1:
        return f"{name} {' or '.join(classes)}"
    bounds = [f"{ordered[first]} or later"] if first else []
    bounds += [f"before {ordered[last + 1]}"] if last + 1 < len(ordered) else []
    return f"{name} {' and '.join(bounds)}" if bounds else f"{name} of any version"


def _joined(fact: str, classes: Sequence[str], link: str) -> str:
    return listed(list(dict.fromkeys(value_words(fact, one) for one in classes)), link)


def where_words(conditions: Conditions, facts: Mapping[str, Sequence[str]]) -> str:
    """Conditions that all hold: `provider bedrock and DISABLE_TELEMETRY unset`. `facts` are each fact's classes.

    What is no switch comes first; switches in the same position are named together.
    """
    told: list[str] = []
    switches: dict[str, list[str]] = {}
    for fact, classes in conditions:
        words = condition_words(fact, classes, facts.get(fact, ()))
        name, _, position = words.rpartition(" ")
        if len(classes) == 1 and position in {"set", UNSET}:
            switches.setdefault(position, []).append(name)
        else:
            told.append(words)
    told += [f"{listed(names, 'and')} {position}" for position, names in switches.items()]
    return " and ".join(told) or "always"


def listed(words: Sequence[str], link: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return f" {link} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def aspect_words(value: Value) -> str:
    """An aspect's value in words; nobody where a list is empty."""
    return value if isinstance(value, str) else ", ".join(value) or "nobody"


def settable(fact: Fact, one: str) -> str | bool | float | None:
    """A raw value that gives the fact this class; None where leaving the fact out does.

    Raises LookupError where no value gives it.
    """
    plain = one.removesuffix(ASSUMED)
    closed = fact.name.startswith(("env.", "settings."))
    if closed and plain == fact.absent:
        return None
    value = _RAW.get(plain, plain)
    if fact.name.startswith("env.") and plain == "on":
        value = next(iter(fact.reading.on), TRUTHY[0]) if fact.reading else TRUTHY[0]
    elif closed and plain == "on":
        value = True
    if fact.classify(value) != plain:
        raise LookupError(fact.name)
    return value


_RAW: dict[str, str | bool | float] = {"zero": 0, "between": 0.5, "one": 1, "given": 30, "invalid": -1}
