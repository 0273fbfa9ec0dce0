"""Managed settings in the Windows registry."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.agent.layout import System


def policies(system: System) -> dict[str, str]:
    """The JSON text of the machine's policy (`mdm`) and of the user's own (`user-registry`), where there is one."""
    if sys.platform != "win32":
        return {}
    import winreg  # noqa: PLC0415 - only Windows has it

    found: dict[str, str] = {}
    for tier, hive in (("mdm", winreg.HKEY_LOCAL_MACHINE), ("user-registry", winreg.HKEY_CURRENT_USER)):
        try:
            with winreg.OpenKey(hive, system.registry) as key:
                found[tier] = str(winreg.QueryValueEx(key, system.registry_value)[0])
        except OSError:
            continue
    return found
