"""The calls as OpenAPI 3.1, made from the table that the routes are made from: one cannot drift from the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

import carnet
from carnet.web.calls.call import Nothing
from carnet.web.calls.table import ADMIN, MINE
from carnet.web.rendering import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from carnet.web.calls.call import Call

PATH = "/api/openapi.json"
_REF = "#/components/schemas/{name}"
_PART = re.compile(r"{(\w+)(?::\w+)?}")
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["status", "text"],
            "properties": {
                "status": {"type": "integer"},
                "text": {"type": "string"},
                "field": {"type": "string", "description": "The field that cannot be taken."},
            },
        }
    },
}


def openapi() -> dict[str, object]:
    """The description of every call."""
    shapes = {call.takes for _, calls in (*ADMIN, *MINE) for call in calls if call.takes is not Nothing}
    _, schemas = msgspec.json.schema_components(sorted(shapes, key=lambda one: one.__name__), ref_template=_REF)
    paths: dict[str, dict[str, object]] = {}
    for security, groups in (("admin", ADMIN), ("own", MINE)):
        for tag, calls in groups:
            for call in calls:
                paths.setdefault(plain(call.path), {})[call.method.lower()] = _operation(call, tag, security)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Carnet", "version": carnet.__version__, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": _ERROR},
            "securitySchemes": {
                "admin": {"type": "http", "scheme": "bearer", "description": "The token in `admin.token`."},
                "own": {"type": "http", "scheme": "bearer", "description": "A key of the account, for `own`."},
                "own-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
    }


def plain(path: str) -> str:
    """A path with its parts as OpenAPI writes them."""
    return _PART.sub(r"{\1}", path)


def fields_of(call: Call) -> list[tuple[str, dict[str, object], bool]]:
    """(name, schema, whether it is needed) of what a call takes."""
    _, schemas = msgspec.json.schema_components([call.takes], ref_template=_REF)
    schema = schemas[call.takes.__name__]
    return [(name, one, name in schema.get("required", ())) for name, one in schema["properties"].items()]


def _operation(call: Call, tag: str, security: str) -> dict[str, object]:
    found: dict[str, object] = {
        "tags": [tag],
        "summary": call.words,
        "security": [{security: []}, {"own-key": []}] if security == "own" else [{security: []}],
        "responses": {
            str(call.status): {"description": "Done.", "content": {call.gives: {}}},
            "default": {
                "description": "Refused.",
                "content": {"application/json": {"schema": {"$ref": _REF.format(name="Error")}}},
            },
        },
    }
    parameters = [*_path_parameters(call), *(_query_parameters(call) if call.in_query else ())]
    if parameters:
        found["parameters"] = parameters
    if call.takes is not Nothing and not call.in_query:
        body = {"schema": {"$ref": _REF.format(name=call.takes.__name__)}}
        found["requestBody"] = {"required": True, "content": {"application/json": body}}
    return found


def _path_parameters(call: Call) -> Iterable[dict[str, object]]:
    for name in _PART.findall(call.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query_parameters(call: Call) -> Iterable[dict[str, object]]:
    if call.takes is not Nothing:
        for name, schema, needed in fields_of(call):
            yield {"name": name, "in": "query", "required": needed, "schema": schema}


def described(request: Request) -> Response:
    """`GET /api/openapi.json`."""
    return as_json(request, openapi())
