"""What this Carnet is set to, how to read its marks, its keys, feeds and API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import carnet
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json, site_of
from carnet.web.strips import legend

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.settings import Value

_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")


def about(request: Request) -> Response:
    """`/about` and its JSON twin."""
    rows = [_row(value) for value in site_of(request).settings.all()]
    if asks_json(request):
        return as_json(request, {"version": carnet.__version__, "settings": rows})
    return page(request, "about.html", {"rows": rows, "legend": legend()})


def _row(value: Value) -> dict[str, str]:
    return {
        "name": value.setting.name,
        "value": _PASSWORD.sub("***@", value.value),
        "origin": value.origin,
        "help": value.setting.help,
        "env": value.setting.env,
    }
