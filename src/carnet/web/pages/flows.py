"""The flows of a context as a diagram: machine, recipient, kept as; the same facts as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.web.asking import is_plain, read_asked
from carnet.web.cells import answer, cell
from carnet.web.drawing import draw, mermaid, style
from carnet.web.fields import facts_of, fields
from carnet.web.pages.explain import aspects
from carnet.web.rendering import answer as respond
from carnet.web.rendering import as_json, page
from carnet.web.site import asks_json, site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

FIRST = ("provider", "terms", "tier")
"""Facts asked for beside the date; the rest is folded away."""


def flows(request: Request) -> Response:
    """`/flows` and its JSON twin."""
    asked = read_asked(request.query_params, site_of(request).today())
    cells = [cell(asked, flow) for flow in asked.book.flows]
    if asks_json(request):
        return as_json(
            request,
            {
                "pack": asked.pack.id,
                "as_of": asked.day.isoformat(),
                "context": dict(asked.given),
                "flows": [
                    {
                        "flow": one.flow.id,
                        "title": one.flow.title,
                        "line": style(one),
                        "necessity": one.verdict.necessity,
                        "recipients": list(one.verdict.recipients),
                        "retention": one.verdict.retention,
                        **answer(one),
                    }
                    for one in cells
                ],
            },
        )
    if not is_plain(request.query_params):
        return RedirectResponse(f"/flows?{asked.query()}", 303)
    names = facts_of(asked)
    return page(
        request,
        "flows.html",
        {
            "asked": asked,
            "picture": draw(asked, cells),
            "rows": [(one, dict(aspects(asked, one.verdict))) for one in cells],
            "first": fields(asked, [name for name in names if name in FIRST]),
            "groups": fields(asked, [name for name in names if name not in FIRST]),
        },
    )


def flows_mermaid(request: Request) -> Response:
    """`/flows.mermaid`: the diagram as text, for a README."""
    asked = read_asked(request.query_params, site_of(request).today())
    text = mermaid(asked, [cell(asked, flow) for flow in asked.book.flows])
    return respond(request, text.encode("utf-8", "replace"), "text/plain; charset=utf-8")
