"""``flowspec notify``: runs the pack's action notify, to see whether messages arrive."""

from __future__ import annotations

from pathlib import Path

import click

from .pack_commands import of_the_pack, run_action


@click.command()
@click.option("--test", is_flag=True, required=True, help="Send a test to every service.")
@of_the_pack
def notify(config: Path, pack_folder: Path | None, as_json: bool, test: bool) -> None:
    """Send a test message to every service of the setting notify, and name those that fail."""
    run_action(config, pack_folder, "notify", as_json=as_json, test=test)


COMMANDS = (notify,)
