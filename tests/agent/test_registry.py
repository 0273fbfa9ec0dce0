"""The Windows registry."""

from __future__ import annotations

import sys

import pytest

from carnet.agent.layout import System
from carnet.agent.registry import policies


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a registry")
def test_elsewhere_there_is_none() -> None:
    assert policies(System("x", registry="SOFTWARE\\X", registry_value="Settings")) == {}
