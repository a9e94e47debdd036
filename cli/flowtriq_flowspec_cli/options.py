"""Options that several commands take, and what stands for them where they are not given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from flowtriq_flowspec_embedded.pack.loader import Pack

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class WholeNumber(click.IntRange):
    """A whole number; says what is allowed in the words of the other refusals."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).strip()
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
        least, most = int(self.min or 0), self.max
        if number < least or (most is not None and number > most):
            limit = f"of at least {least}" if most is None else f"from {least} to {int(most)}"
            self.fail(f"{text[:40]!r}; it is a whole number {limit}", param, ctx)
        return number


STACK = Path("/etc/flowtriq/stack.yaml")
CONFIG_VARIABLE, PACK_VARIABLE = "FLOWTRIQ_CONFIG", "FLOWTRIQ_PACK"


def _stack_file(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path:
    if value is not None:
        return value
    if not STACK.exists():
        raise click.UsageError(
            f"no configuration: give --config FILE or set {CONFIG_VARIABLE}; there is no {STACK}"
            " (flowspec init DIR writes a configuration)"
        )
    return STACK


config_option = click.option(
    "--config",
    type=FILE,
    envvar=CONFIG_VARIABLE,
    callback=_stack_file,
    help=f"The configuration file of flowspec up; {STACK} if not given.",
)


def load_pack(folder: Path | None) -> Pack:
    """The pack in ``folder``, else the installed one. Raises PackError."""
    # Commands that ask one adapter share these options, and need no engine.
    from flowtriq_flowspec_embedded.pack import loader
    from flowtriq_flowspec_embedded.pack.location import installed_pack

    return loader.load((folder or installed_pack()).resolve())


pack_option = click.option(
    "--pack",
    "pack_folder",
    type=FOLDER,
    envvar=PACK_VARIABLE,
    help="The pack's folder; the installed one if not given.",
)
provider_option = click.option("--provider", help="Only this provider of the configuration.")
