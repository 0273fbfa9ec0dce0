"""A person's own page: its addresses and what answers them. The gate opens them to whoever's they are."""

from __future__ import annotations

from starlette.routing import Route

from carnet.web.forms import posted
from carnet.web.holders import HERE
from carnet.web.pages import mine, mine_door

ROUTES = (
    Route(mine_door.DOOR, mine_door.door),
    Route(mine_door.DOOR, mine_door.enter, methods=["POST"]),
    Route(mine_door.OUT, mine_door.leave, methods=["POST"]),
    Route(HERE, mine.mine_page),
    Route(mine.SESSION, mine.session_page),
    Route(mine.BODY, mine.body),
    Route(mine.DELETE, mine.confirmation),
    Route(mine.DELETE, posted(mine.delete), methods=["POST"]),
    Route(f"{HERE}/consent", posted(mine.consent), methods=["POST"]),
    Route(f"{HERE}/export", posted(mine.export), methods=["POST"]),
)
