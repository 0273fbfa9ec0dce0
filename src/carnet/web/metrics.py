"""What relay and intake have counted, for a Prometheus that shows the token of scripts: all processes in one answer."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from starlette.responses import Response

from carnet.errors import CarnetError
from carnet.gateway.board import PATH, Board
from carnet.gateway.intake import metrics as metrics_of_intake
from carnet.gateway.metrics import exposition
from carnet.web.domain_check import checks_of
from carnet.web.records import records_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.requests import Request

    from carnet.gateway.intake.app import Front

METRICS = "/metrics"
TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics(request: Request) -> Response:
    """The relay's numbers, all of them 0 where none has run on this data folder, and those of intake."""
    data: Path = request.app.state.data
    records, front = records_of(request), intake_of(request)
    checks = checks_of(request).counts.since_start()
    store = None
    with suppress(CarnetError):  # it cannot be read: what does not ask it is told all the same
        store = records.store if records.stand else None
    text = metrics_of_intake.exposition(front.begun, checks, store, records.now())
    return Response(exposition(numbers(data / PATH)) + text, media_type=TYPE)


def intake_of(request: Request) -> Front:
    return cast("Front", request.app.state.intake)


def numbers(path: Path) -> Mapping[tuple[str, str], float]:
    """The numbers of the board in a file; none where there is no board."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            board = Board.of(descriptor)
            return {} if board is None else board.numbers()
        finally:
            os.close(descriptor)
    return {}
