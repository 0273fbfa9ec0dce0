"""What every finding is derived from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carnet.policy.facts import FALSY, TRUTHY, fact_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carnet.agent.layout import Layout
    from carnet.model.flow import Control
    from carnet.model.machine import Located, Machine
    from carnet.model.verdict import Verdict
    from carnet.policy.compile import Tables
    from carnet.policy.contexts import Context


@dataclass(frozen=True, slots=True)
class View:
    """A machine, what the rules make of it, and the pack's knowledge."""

    machine: Machine
    layout: Layout
    tables: Tables
    context: Context
    verdicts: Sequence[Verdict]

    @property
    def controls(self) -> Mapping[str, Control]:
        """By the fact they set."""
        return self.tables.rulebook.by_fact

    def opt_outs(self) -> list[Control]:
        """Controls that are there to turn flows off."""
        return [control for control in self.tables.rulebook.controls if control.disables]

    def located(self, fact: str) -> Located | None:
        """What is set for `env.NAME` or `settings.KEY`."""
        family, _, key = fact.partition(".")
        return {"env": self.machine.env, "settings": self.machine.settings}.get(family, {}).get(key)

    def reads(self, control: Control, value: object) -> str | None:
        """The class a value has on this day; None where no document says what it does."""
        return fact_at(control, self.context.day, ()).classify(value)


def place(fact: str, located: Located) -> str:
    """`file:line`, or `environment NAME`."""
    return located.place if located.file else f"environment {fact.partition('.')[2]}"


def on(value: object) -> bool:
    """Whether a value switches something on."""
    return value is True or (isinstance(value, str) and value.strip().lower() in TRUTHY)


def given(value: object) -> bool:
    """Whether a value is anything but unset, empty or a plain no."""
    return bool(value) and not (isinstance(value, str) and value.strip().lower() in {*FALSY, ""})
