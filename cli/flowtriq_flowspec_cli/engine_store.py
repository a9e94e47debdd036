"""The embedded engine's database, as its commands use it."""

from __future__ import annotations

from pathlib import Path

import click
from flowtriq_flowspec_embedded.stack_config import StackConfig
from flowtriq_flowspec_embedded.store import Store


def engine_store(config: Path) -> Store:
    """Beside an engine that may be running; closed when the command ends."""
    store = Store(StackConfig.from_file(config).database, guest=True)
    click.get_current_context().call_on_close(store.close)
    return store
