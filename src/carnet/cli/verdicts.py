"""`carnet verdicts`: contexts as JSON lines in, verdicts as JSON lines out."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from carnet.errors import CarnetError


@click.command()
@click.option(
    "--as-of", "as_of", metavar="D", help="Rules of this day, for contexts without an as_of (default: today)."
)
@click.option("--pack", "pack", metavar="P", default="claude-code", show_default=True, help="Whose rules.")
def command(as_of: str | None, pack: str) -> None:
    """Verdicts of every flow, for contexts read from standard input.

    One JSON object a line in, such as {"provider":"bedrock","env":{"DISABLE_TELEMETRY":"1"}};
    one line {"flows":[...]} out for each. A line that is no context gives {"error":...,"line":N};
    the others go on, and the exit status is 2.
    """
    from carnet.packs import named  # noqa: PLC0415 - help does without
    from carnet.policy.contexts import as_day  # noqa: PLC0415
    from carnet.policy.lines import Answerer  # noqa: PLC0415
    from carnet.policy.rulebook import rulebook  # noqa: PLC0415

    answerer = Answerer(rulebook(named(pack)), as_day(as_of, datetime.now(UTC).date()))
    out = sys.stdout.buffer
    out.writelines(answerer.answers(sys.stdin.buffer))
    out.flush()
    if answerer.faults:
        raise CarnetError(f"{answerer.faults} lines were no contexts; their answers say why")
