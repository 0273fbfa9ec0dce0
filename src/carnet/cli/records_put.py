"""`carnet records put`: JSON lines in, one line out for each as soon as it is on the disk."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records
from carnet.cli.rounds import now
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.cli.context import Invocation

READ_BYTES = 1 << 20
MOST_LINES = 1000
MOST_BYTES = 32 << 20
"""Lines, and bytes of lines, that become durable together: more would wait longer than it gains."""


@click.command()
@click.pass_obj
def put(invocation: Invocation) -> None:
    """Keep records given as JSON lines on standard input.

    A line in: {"account","session","kind","flow","provider"?,"repository"?,"at"?,"body"}. A line out for each, in
    order: {"id"} as soon as it is on the disk, {"refused": why} for what policy forbids, {"error","line"} for what
    is no record; then the others go on, and the exit status is 2.
    """
    from carnet.records.lines import Taking  # noqa: PLC0415 - help does without
    from carnet.records.putting import Writer  # noqa: PLC0415

    records = Records(invocation)
    writer = Writer(records.store, most_bytes=invocation.settings.size("records.max-bytes"))
    records.resumed(now())
    taking, out = Taking(writer), sys.stdout.buffer
    for lines in batches(sys.stdin.fileno()):
        out.write(b"".join(taking.answers(lines, now())))
        out.flush()
    if taking.faults:
        raise CarnetError(f"{taking.faults} lines were no records; their answers say why")


def batches(descriptor: int) -> Iterator[list[bytes]]:
    """Lines as they come: those that lie ready together are one batch, a single one waits for no other."""
    rest = b""
    lines: list[bytes] = []
    size = 0
    while True:
        ready, _, _ = select.select([descriptor], [], [], 0 if lines else None)
        if lines and (not ready or len(lines) >= MOST_LINES or size >= MOST_BYTES):
            yield lines
            lines, size = [], 0
            continue
        data = os.read(descriptor, READ_BYTES)
        if not data:
            break
        *whole, rest = (rest + data).split(b"\n")
        lines += whole
        size += len(data)
    if lines or rest:
        yield [*lines, rest] if rest else lines
