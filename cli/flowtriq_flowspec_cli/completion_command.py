"""``flowspec completion``: what makes a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what SHELL needs to complete the words of flowspec.

    \b
    bash: flowspec completion bash > /etc/bash_completion.d/flowspec
    zsh:  flowspec completion zsh > "${fpath[1]}/_flowspec"
    fish: flowspec completion fish > ~/.config/fish/completions/flowspec.fish
    """
    click.echo(completion_of(shell))


def completion_of(shell: str) -> str:
    from .main import main

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  (the choice has none but click's)
    return kind(main, {}, "flowspec", "_FLOWSPEC_COMPLETE").source()


COMMANDS = (completion,)
