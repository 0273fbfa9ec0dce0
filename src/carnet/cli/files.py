"""How many files a process may have open: 1,024 at first in most places, as many as the system lets it once it asks."""

from __future__ import annotations

import resource

OTHER_FILES = 256
"""What a process that serves opens besides connections: the store, the spool, what its libraries need."""


def files_for(wanted: int) -> int:
    """How many this process may open, after asking for so many."""
    files, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    if files < wanted:
        files = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return files
