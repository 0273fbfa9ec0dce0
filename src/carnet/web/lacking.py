"""What an answer lacks because a file of records cannot be read: told on every page and in every twin that shows the
rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from carnet.records.surveying import asked, told

if TYPE_CHECKING:
    from starlette.requests import Request

    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore

_THEN = (
    "What is to end ends in time, and a deletion or withdrawal that could not reach it is finished after the repair."
)
TO_DO = f"carnet records verify names all that is damaged, and each file to be put back from a copy. {_THEN}"
FOR_HOLDERS = f"Whoever runs this Carnet restores it from a copy. {_THEN}"


def lacking(request: Request) -> list[Unread]:
    """The request's list of what could not be read; whoever reads for its answer adds to it."""
    return cast("list[Unread]", request.scope.setdefault("state", {}).setdefault("unread", []))


def look(request: Request, store: RecordStore) -> None:
    """For an answer that reads no records itself: note each partition that cannot be read."""
    for _ in asked(store, lambda where: where.removals(), lacking(request)):
        pass


def lacking_words(request: Request) -> str:
    """What could not be read, in words; empty where all could be. A holder of an account is told no path."""
    found = lacking(request)
    if _of_holder(request):
        return "; ".join(f"{name} cannot be read" for name in sorted({one.name for one in found}))
    return told(found)


def to_do(request: Request) -> str:
    """What becomes of it, for whoever asks."""
    return FOR_HOLDERS if _of_holder(request) else TO_DO


def _of_holder(request: Request) -> bool:
    return "caller" in request.scope.get("state", {})


def lacking_answer(request: Request) -> dict[str, object]:
    """The same for JSON: `unread` as manifests and receipts have it."""
    found = lacking(request)
    if not found:
        return {}
    return {"unread": sorted({one.name for one in found}), "unread_why": f"{lacking_words(request)}. {to_do(request)}"}
