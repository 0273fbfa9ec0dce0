"""Plain answers about keys, upstreams and sinks: what `--json` prints and the API returns."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from carnet.accounts.keys import standing
from carnet.documents.instants import written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from carnet.model.account import Caller
    from carnet.model.sink import Progress, Sink
    from carnet.model.upstream import Upstream


def key_answer(caller: Caller, at: datetime) -> dict[str, object]:
    """A key: never the key itself, which nobody has."""
    key = caller.key
    return {
        "id": key.id,
        "account": caller.account.email,
        "org": caller.organisation.name,
        "scopes": list(key.scopes),
        "name": key.name,
        "state": standing(caller, at),
        "created": written(key.created),
        "expires": written(key.expires) if key.expires else None,
        "revoked": written(key.revoked) if key.revoked else None,
        "last_used": key.used.isoformat() if key.used else None,
        "limits": asdict(key.caps),
    }


def upstream_answer(one: Upstream, names: Mapping[int, str]) -> dict[str, object]:
    """An upstream; `names` are those of organisations by id."""
    return {
        "name": one.name,
        "format": one.format,
        "url": one.url,
        "provider": one.provider,
        "key_env": one.key_env or None,
        "headers": dict(one.headers),
        "priority": one.priority,
        "org": names.get(one.organisation) if one.organisation else None,
        "enabled": one.enabled,
        "created": written(one.created),
    }


def sink_answer(one: Sink, how: Progress, waiting: int, names: Mapping[int, str]) -> dict[str, object]:
    """A sink and how far it is; `names` are those of organisations by id."""
    return {
        "name": one.name,
        "org": names.get(one.organisation),
        "url": one.url,
        "flows": list(one.flows),
        "encoding": one.encoding,
        "headers": dict(one.headers),
        "webhook": one.webhook or None,
        "webhook_key_env": one.webhook_key_env or None,
        "created": written(one.created),
        "sent": how.sent,
        "refused": how.refused,
        "dropped": how.dropped,
        "untold": waiting,
        "fault": how.fault or None,
    }
