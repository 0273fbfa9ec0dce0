"""What one run of the command line works with: settings and, once asked for, the store."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.settings import Settings
    from carnet.stores.contract import Store


class Invocation:
    """One run of the command line; what commands receive through `click.pass_obj`."""

    def __init__(self) -> None:
        self.data: str | None = None
        """Folder given by `--data`."""

    @cached_property
    def settings(self) -> Settings:
        """Every setting, resolved; `--data` wins over environment and file."""
        from carnet.settings import load  # noqa: PLC0415 - `carnet --version` does without

        settings = load()
        return settings if self.data is None else settings.with_option("data", self.data)

    @cached_property
    def store(self) -> Store:
        """The store, opened at the first use."""
        from carnet.stores import open_store  # noqa: PLC0415 - it pays for SQLAlchemy

        return open_store(self.settings)

    @property
    def standing_store(self) -> Store | None:
        """The store, where there is one already: asking a question creates none."""
        settings = self.settings
        # The name is the embedded store's own; importing its module would pay for SQLAlchemy.
        stands = bool(settings["store"]) or (settings.data / "carnet.db").exists()
        return self.store if stands else None

    def close(self) -> None:
        """Close the store if it was opened."""
        if "store" in self.__dict__:
            self.store.close()


def on_terminal() -> bool:
    """Whether standard output is a terminal; a pipe gets plain text without truncation."""
    return sys.stdout.isatty()
