"""How many files a process may have open: 1,024 at first in most places, as many as the system lets it once it asks."""

from __future__ import annotations

import resource
from contextlib import suppress

OTHER_FILES = 256
"""What a process that serves opens besides connections: the store, the spool, what its libraries need."""

ENOUGH = 65_536
"""Files that are asked for at least."""


def files_for(wanted: int) -> int:
    """How many this process may open, after asking for so many, and for more where the system has them.

    What is not counted yet needs some, too: connections whose TLS is being agreed on.
    """
    files, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    for asked in (max(wanted, ENOUGH), wanted):
        most = asked if hard == resource.RLIM_INFINITY else min(asked, hard)
        if files < most:
            with suppress(ValueError, OSError):  # a system may have less than it says
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
                return most
    return files
