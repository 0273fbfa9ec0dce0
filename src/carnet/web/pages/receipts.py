"""Past erasures, and looking a receipt over: whether it is whole, or what has become of one that waited."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carnet.errors import CarnetError
from carnet.records.receipts import Receipt, looked_over, past
from carnet.web.lacking import look
from carnet.web.pages.deletion import receipt_page
from carnet.web.pages.log import state_of
from carnet.web.records import records_of
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

MOST = 1000
"""Newest entries of the log that are looked through."""
LONGEST = 64_000
"""Bytes of a form with a receipt in it: its proof grows with the logarithm of the log."""


def receipts_page(request: Request) -> Response:
    """`/receipts` and its JSON twin."""
    return _page(request, {})


def _page(request: Request, checked: Mapping[str, object]) -> Response:
    store = records_of(request).store
    look(request, store)
    rows = past(store, MOST)
    if asks_json(request):
        return as_json(request, {"receipts": rows})
    key = state_of(records_of(request)).key if rows else ""
    view = {"rows": rows, "key": key, "checked": checked, "cut": store.catalogue.size() > MOST, "most": MOST}
    return page(request, "receipts.html", view)


def look_over(request: Request, form: Mapping[str, str]) -> Response:
    """`POST /receipts/check`: a receipt is checked against this log; one that waited is made whole, once it can be."""
    records = records_of(request)
    answer = _read(form.get("receipt", ""))
    faults = looked_over(records.store, records.keyring, answer)
    if isinstance(faults, Receipt):
        return receipt_page(request, [faults])
    return _page(request, {"receipt": str(answer.get("receipt", ""))[:80], "faults": faults})


def _read(text: str) -> dict[str, object]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CarnetError(f"This is no receipt: {error}. Paste the whole of the file that you were given.") from error
    if not isinstance(answer, dict):
        raise CarnetError("This is no receipt: a receipt is a JSON object. Paste the whole of the file.")
    return answer
