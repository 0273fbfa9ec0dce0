"""Options that say what a key or an organisation may use of the relay."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

F = TypeVar("F", bound="Callable[..., object]")
Limit = int | str | None
"""A number (0: no limit), DEFAULT, or None: not given."""
DEFAULT = "default"
"""Takes a limit back: the settings decide."""


class LimitType(click.ParamType[int | str]):
    """A number from 0, or `default`."""

    name = "limit"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        text = str(value)
        if text == DEFAULT:
            return text
        if not (text.isascii() and text.isdigit()):
            self.fail(f"{text!r} is neither a whole number (0: no limit) nor `default`", param, ctx)
        return int(text[:12])


def limits(function: F) -> F:
    """The three options."""
    kind = LimitType()
    for option in (
        click.option("--at-once", type=kind, metavar="N", help="Requests at the same time."),
        click.option("--tokens-per-minute", type=kind, metavar="N", help="Tokens a minute, in and out."),
        click.option(
            "--requests-per-minute",
            type=kind,
            metavar="N",
            help="Requests a minute; 0 is no limit, default what the settings say.",
        ),
    ):
        function = option(function)
    return function


def options(given: Mapping[str, Limit]) -> dict[str, int | None]:
    """What was given, by option; None takes a limit back."""
    found = {name.replace("_", "-"): value for name, value in given.items() if value is not None}
    return {name: value if isinstance(value, int) else None for name, value in found.items()}
