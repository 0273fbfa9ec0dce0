"""How Carnet's own clients carry their key, and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from carnet.gateway.intake.contract import Reply

if TYPE_CHECKING:
    from carnet.gateway.intake.contract import Asked, RefusedError


def texts(asked: Asked) -> list[str]:
    return [one for name in ("authorization", "x-api-key") if (one := asked.headers.get(name, ""))]


def refuse(asked: Asked, error: RefusedError) -> Reply:
    del asked
    headers = (("Retry-After", str(error.after)),) if error.after else ()
    told = {"error": {"status": error.status, "text": error.sentence}}
    return Reply(error.status, msgspec.json.encode(told), headers=headers)
