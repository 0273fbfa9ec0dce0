"""What Statsig's SDKs send, and the answers without which they do not start."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

import msgspec

from carnet.gateway.intake.allow import Sieve
from carnet.gateway.intake.bodies import decoded
from carnet.gateway.intake.contract import Endpoint, Item, RefusedError, Reply, Taken
from carnet.gateway.intake.envelopes import json_object
from carnet.gateway.intake.prints import digest_of, mark
from carnet.gateway.intake.words import flag, name, number

if TYPE_CHECKING:
    from carnet.gateway.intake.contract import Asked, Means

MOST_EVENTS = 5000
MOST_METADATA = 64
"""Of one event that are looked at."""
MOST = 8 << 20
SPECS = re.compile(r"/v([12])/download_config_specs/([^/]+?)(?:\.json)?")
_PREFIX = re.compile(r"(?:secret|client|console)-(?=ck_)")
_NONE: dict[str, object] = {"has_updates": True, "time": 1, "feature_gates": {}, "dynamic_configs": {}}
_V1 = {**_NONE, "feature_gates": [], "dynamic_configs": [], "layer_configs": [], "id_lists": {}}
_V2 = {**_NONE, "layer_configs": {}, "experiment_to_layer": {}, "condition_map": {}}
_INITIAL = {**_NONE, "layer_configs": {}, "hash_used": "djb2"}


def texts(asked: Asked) -> list[str]:
    """The header, the query of browsers, and the path of specifications; SDKs use more than one at once.

    SDKs for servers take no key that does not begin with `secret-`, others may want `client-`.
    """
    found = [asked.headers.get("statsig-api-key", ""), asked.query.get("k", "")]
    specs = SPECS.fullmatch(asked.path)
    return [_PREFIX.sub("", one) for one in [*found, specs[2] if specs else ""] if one]


def take_events(asked: Asked, body: bytes, means: Means) -> Taken:
    """A batch of events."""
    digest = digest_of(body)
    batch = json_object(_plain(asked, body), "the batch of events")
    events = batch.get("events", [])
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise RefusedError(413 if isinstance(events, list) else 400, f"`events` is no list of {MOST_EVENTS} at most.")
    sieve = Sieve(means.allow, means.prints)
    rows = [row for event in events if (row := _event(event, sieve)) is not None]
    about = sieve.kept(
        means.allow.trees["statsigMetadata"], batch.get("statsigMetadata", {}), "statsig.statsigMetadata"
    )
    reply = Reply(202, b'{"success":true}')
    if not rows:
        return Taken(reply, dropped=sieve.tally)
    kept = {"protocol": "statsig", "about": about, "events": rows}
    return Taken(reply, (Item("metric", "metrics", "", msgspec.json.encode(kept), mark(digest)),), sieve.tally)


def _plain(asked: Asked, body: bytes) -> bytes:
    """What a browser's SDK wraps its JSON in, and says so in the query only."""
    if asked.query.get("se") == "1":
        try:
            body = base64.b64decode(body[::-1], validate=True)
        except (binascii.Error, ValueError):
            raise RefusedError(400, "The body is not the reversed base64 that `se=1` says.") from None
    return decoded(body, "gzip", MOST) if asked.query.get("gz") == "1" else body


def _event(event: object, sieve: Sieve) -> dict[str, object] | None:
    if not isinstance(event, dict):
        sieve.tally.alone["statsig.events[]"] += 1
        return None
    plain = {key: value for key, value in event.items() if key != "metadata"}
    row = sieve.kept(sieve.allow.trees["statsig"], plain, "statsig.events[]")
    if not isinstance(row, dict) or "eventName" not in row:
        own = str(event.get("eventName")).startswith("statsig::")
        sieve.tally.alone["statsig.events[].eventName" if not own else "statsig.events[].diagnostics"] += 1
        return None
    metadata = event.get("metadata")
    if isinstance(metadata, dict) and (kept := _metadata(metadata, sieve)):
        row["metadata"] = kept
    return row


def _metadata(metadata: dict[str, object], sieve: Sieve) -> dict[str, object]:
    """Numbers and switches under any name that is one; words only where the list names them."""
    found: dict[str, object] = {}
    for place, (key, value) in enumerate(metadata.items()):
        check = sieve.allow.attributes.get(key)
        if check is not None:
            let = check(value)
        else:
            plain = isinstance(value, int | float) and name(key) and place < MOST_METADATA
            let = (flag(value) if isinstance(value, bool) else number(value)) if plain else None
        if let is None:
            sieve.drop("statsig.events[].metadata", key)
        else:
            found[key] = let
    return found


def take_specs(asked: Asked, body: bytes, means: Means) -> Taken:
    del body, means
    found = SPECS.fullmatch(asked.path)
    return Taken(_told(_V1 if found is None or found[1] == "1" else _V2))


def take_initialize(asked: Asked, body: bytes, means: Means) -> Taken:
    """Nothing of the user that it tells about is looked at."""
    del asked, body, means
    return Taken(_told(_INITIAL))


def take_id_lists(asked: Asked, body: bytes, means: Means) -> Taken:
    del asked, body, means
    return Taken(_told({}))


def refuse(asked: Asked, error: RefusedError) -> Reply:
    """Never 429 where waiting helps: SDKs drop what is answered so, and send again what is answered with 503."""
    del asked
    status = 503 if error.after else error.status
    headers = (("Retry-After", str(error.after)),) if error.after else ()
    return Reply(status, msgspec.json.encode({"success": False, "message": error.sentence}), headers=headers)


def _told(answer: dict[str, object]) -> Reply:
    return Reply(200, msgspec.json.encode(answer))


EVENTS = Endpoint("statsig", texts, take_events, refuse, most=MOST)
BROWSER_EVENTS = Endpoint("statsig", texts, take_events, refuse, most=MOST, wrapped=True)
CONFIG = Endpoint("statsig-config", texts, take_specs, refuse, methods=("GET", "POST"))
INITIALIZE = Endpoint("statsig-config", texts, take_initialize, refuse)
ID_LISTS = Endpoint("statsig-config", texts, take_id_lists, refuse)
