"""Which branch a history is read from."""

from __future__ import annotations

from carnet.errors import CarnetError


def only_branch(branches: set[str], address: str) -> str:
    """The branch to read where HEAD names none. Raises CarnetError where that is not clear."""
    for name in ("refs/heads/main", "refs/heads/master"):
        if name in branches:
            return name
    if len(branches) == 1:
        return next(iter(branches))
    if not branches:
        raise CarnetError(f"{address}: an empty git repository; it has no commit to import")
    shown = ", ".join(sorted(name.removeprefix("refs/heads/") for name in branches))
    raise CarnetError(f"{address}: names no HEAD and has several branches ({shown}); clone it and check one out")
