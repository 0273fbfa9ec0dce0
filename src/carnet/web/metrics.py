"""What the relay has counted, for a Prometheus that shows the token of scripts: all processes in one answer."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.responses import Response

from carnet.gateway.board import PATH, Board
from carnet.gateway.metrics import exposition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.requests import Request

METRICS = "/metrics"
TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics(request: Request) -> Response:
    """The relay's numbers; all of them are 0 where none has run on this data folder."""
    data: Path = request.app.state.data
    return Response(exposition(numbers(data / PATH)), media_type=TYPE)


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
