"""``flowtriq-flowspec-console``: serves the page for people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

import click
from flowtriq_flowspec.errors import FlowspecError, InvalidConfig
from flowtriq_flowspec.logs import log_json_to_stderr

from .config import ConsoleConfig
from .users import ROLES, Users

_FILE = click.Path(dir_okay=False, path_type=Path)
_config = click.option(
    "--config",
    type=_FILE,
    default="/etc/flowtriq/console.yaml",
    envvar="FLOWSPEC_CONSOLE_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The console's YAML file.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The console: what is blocked, why, whether it works, and how to undo it."""


@main.command()
@_config
def serve(config: Path) -> None:
    """Serve the page until Ctrl-C or SIGTERM."""
    import uvicorn  # which the commands for users start without

    from .app import build

    log_json_to_stderr()
    settings = _read(config)
    certificate = str(settings.certificate) if settings.certificate else None
    uvicorn.run(
        build(settings),
        host=settings.host,
        port=settings.port,
        ssl_certfile=certificate,
        ssl_keyfile=str(settings.key) if settings.key else None,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the address that counts is the connection's own
        timeout_graceful_shutdown=2,
        limit_concurrency=500,
    )


@main.group()
def user() -> None:
    """Who may sign in. The first admin is made here."""


@user.command("put")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the user may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@_config
def put(name: str, role: str, password_stdin: bool, config: Path) -> None:
    """Add the user NAME, or change role and password. Asks for the password."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    _carry_out(lambda: _users(config).put(name, role, password))
    click.echo(f"{name} may sign in with the role {role}.")


@user.command("remove")
@click.argument("name")
@_config
def remove(name: str, config: Path) -> None:
    """Remove the user NAME, who is signed out at once."""
    _carry_out(lambda: _users(config).remove(name))
    click.echo(f"{name} may not sign in any more.")


@user.command("list")
@_config
def list_users(config: Path) -> None:
    """Print every user with the role."""
    for name, role in _users(config).names().items():
        click.echo(f"{name}  {role}")


def _users(config: Path) -> Users:
    return Users(_read(config).users)


def _read(config: Path) -> ConsoleConfig:
    try:
        return ConsoleConfig.from_file(config)
    except InvalidConfig as problem:
        raise click.ClickException(f"{config}: {problem}") from problem


def _carry_out(order: Callable[[], None]) -> None:
    try:
        order()
    except FlowspecError as problem:
        raise click.ClickException(str(problem)) from problem


if __name__ == "__main__":
    main()
