from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from carnet.errors import StoreError
from carnet.stores import open_store

if TYPE_CHECKING:
    from carnet.settings import Settings


def test_without_a_url_the_store_is_in_the_data_folder(settings: Settings) -> None:
    with closing(open_store(settings)):
        assert (settings.data / "carnet.db").exists()


@pytest.mark.parametrize("url", ["postgresql://db.test/carnet", "nonsense"])
def test_a_store_of_another_kind_is_named_and_nothing_is_created(settings: Settings, url: str) -> None:
    with pytest.raises(StoreError, match=f"'{url.partition(':')[0]}'.*CARNET_STORE|CARNET_STORE.*'"):
        open_store(settings.with_option("store", url))
    assert not settings.data.exists()


def test_sqlalchemy_is_imported_only_when_a_store_is_opened() -> None:
    code = "import sys; import carnet.stores; print('sqlalchemy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout == "False\n"
