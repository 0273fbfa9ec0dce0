"""Names that the agent does not know, or knows elsewhere."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from carnet.agent.findings.view import place
from carnet.agent.machine import near
from carnet.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.agent.findings.view import View
    from carnet.model.machine import Located

ALIKE = 0.87


def names(view: View) -> Iterator[Finding]:
    """Misspelt variables and keys, and those that stand where the agent does not look for them."""
    yield from _variables(view)
    yield from _keys(view)
    yield from _scopes(view)


def _variables(view: View) -> Iterator[Finding]:
    for name, located in _all_env(view):
        if name in view.layout.shapes and name not in view.layout.environment:
            yield _misplaced(
                f"env.{name}", located, f"{name} is a settings key; as a variable it does nothing", "beside `env`"
            )
        elif (known := near(name, view.layout)) is not None:
            yield _misspelt(view, f"env.{name}", known, f"env.{known}", located)


def _keys(view: View) -> Iterator[Finding]:
    for key, located in _all_settings(view):
        if key in view.layout.shapes:
            continue
        if key in view.layout.environment:
            yield _misplaced(
                f"settings.{key}", located, f"{key} is a variable; as a settings key it does nothing", "inside `env`"
            )
        elif (other := near(key, view.layout)) is not None:
            yield _misspelt(view, f"settings.{key}", other, f"env.{other}", located)
        elif found := _alike(key, view):
            yield _misspelt(view, f"settings.{key}", found, f"settings.{found}", located)


def _alike(key: str, view: View) -> str | None:
    known = {name.lower(): name for name in view.layout.shapes if "." not in name}
    found = get_close_matches(key.lower().replace("_", "").replace("-", ""), known, n=1, cutoff=ALIKE)
    return known[found[0]] if found else None


def _all_env(view: View) -> Iterator[tuple[str, Located]]:
    """Every variable wherever it stands, one a place."""
    for name, located in view.machine.env.items():
        yield from ((name, one) for one in (located, *located.shadowed))
    yield from view.machine.waiting.items()


def _all_settings(view: View) -> Iterator[tuple[str, Located]]:
    for source in view.machine.sources:
        if source.state == "read":
            yield from source.values.items()


def _misspelt(view: View, fact: str, known: str, known_fact: str, located: Located) -> Finding:
    name = fact.partition(".")[2]
    control = view.controls.get(known_fact)
    where_to = " inside `env`" if fact.startswith("settings.") and known_fact.startswith("env.") else ""
    return Finding(
        "control.misspelt",
        "high" if control is not None and control.disables else "medium",
        f"{name} means nothing to the agent; {known} does",
        place(fact, located),
        f"write {known}{where_to}",
        control.disables if control is not None else (),
        fact,
    )


def _misplaced(fact: str, located: Located, title: str, where_to: str) -> Finding:
    name = fact.partition(".")[2]
    return Finding(
        "control.wrong-place",
        "high",
        title,
        place(fact, located),
        f"write {name} {where_to} of a settings file",
        (),
        fact,
    )


def _scopes(view: View) -> Iterator[Finding]:
    """Controls in a layer that they are not read from."""
    for control in view.tables.rulebook.controls:
        located = view.located(control.fact)
        if located is not None and control.scopes and located.layer not in control.scopes:
            name = control.fact.partition(".")[2]
            yield Finding(
                "control.wrong-scope",
                "medium",
                f"{name} is not read from {_layer(located.layer)}",
                place(control.fact, located),
                f"set {name} in: {', '.join(_layer(scope) for scope in control.scopes)}",
                control.disables,
                control.fact,
            )


def _layer(name: str) -> str:
    return "the environment of the process" if name == "process" else f"{name} settings"
