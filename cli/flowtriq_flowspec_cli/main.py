"""``flowspec``: the stack in one process, and the commands of an operator."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

# Module and sentence of each command. The module is imported when its command is called: all of
# them together take longer to import than most commands take to run.
GROUPS = {
    "Look": {
        "list": ("adapter_commands", "List the active rules."),
        "show": ("adapter_commands", "Show one rule with its claims."),
        "status": ("adapter_commands", "Show BGP sessions, counts and budgets."),
        "history": ("adapter_commands", "Show who changed what, when and why."),
        "executions": ("engine_commands", "List the engine's executions, newest first."),
        "execution": ("engine_commands", "Show one execution with its tasks."),
    },
    "Undo": {
        "withdraw": ("adapter_commands", "Withdraw a rule, an incident or a target."),
        "withdraw-all": ("adapter_commands", "Withdraw every rule at once."),
        "kill-switch": ("adapter_commands", "Withdraw every rule and block new ones."),
        "resume": ("resume_command", "Announce again what was withdrawn."),
    },
    "Guard": {
        "protect": ("guardrail_commands", "Protect a prefix: no rule may cover it."),
        "unprotect": ("guardrail_commands", "End the protection of a prefix."),
        "protected": ("guardrail_commands", "List the protected prefixes."),
        "reload": ("guardrail_commands", "Load changed configuration files."),
    },
    "Mitigate": {
        "plan": ("pack_commands", "Show which rules would answer an attack."),
        "explain": ("explain_command", "Explain what a rule would match, do and cost."),
        "announce": ("pack_commands", "Announce a rule."),
        "extend": ("pack_commands", "Change when rules expire."),
        "inquiry": ("inquiry_commands", "Show and answer questions for approval."),
        "divert": ("pack_commands", "Divert a prefix to Cloudflare Magic Transit."),
        "undivert": ("pack_commands", "Take a prefix back from Magic Transit."),
    },
    "Set up": {
        "init": ("init_command", "Write a configuration of your own."),
        "check": ("check_command", "Check every configuration file."),
        "up": ("up_command", "Run ExaBGP, adapter, pack and exporter."),
        "probe": ("pack_commands", "Announce and withdraw the test rule."),
        "notify": ("notify_command", "Send a test message to people."),
        "completion": ("completion_command", "Print the completion for a shell."),
    },
}
_COMMANDS = {name: each for group in GROUPS.values() for name, each in group.items()}


class _Commands(click.Group):
    """Imports a command when it is called. Turns a refusal, or an adapter that cannot be reached,
    into exit code 1 and one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f".{_COMMANDS[cmd_name][0]}", __package__)
        commands: tuple[click.Command, ...] = module.COMMANDS
        return next(command for command in commands if command.name == cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            from flowtriq_flowspec.refusal_wording import nearest

            near = nearest(args[0], _COMMANDS) or "; flowspec --help lists all"
            ctx.fail(f"there is no command {args[0]!r}{near}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.list_commands(ctx)))
        for title, commands in GROUPS.items():
            with formatter.section(title):
                lines = [(f"{name:{width}}", each[1]) for name, each in commands.items()]
                formatter.write_dl(lines)

    def main(self, *args: Any, **extra: Any) -> Any:
        # Whoever starts the command may have closed them; what is written then, nobody wants.
        for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
            if getattr(sys, name) is None:
                stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
                setattr(sys, name, stream)
        try:
            return super().main(*args, **extra)
        except OSError as problem:
            what = problem.filename or "the output cannot be written"
            click.ClickException(f"{what}: {problem.strerror or problem}").show()
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as problem:
            message = _sentence(problem)
            if message is None:
                raise
            raise click.ClickException(message) from problem


def _sentence(problem: Exception) -> str | None:
    """What went wrong, where it is no fault of the program."""
    import sqlite3

    from flowtriq_flowspec.errors import FlowspecError
    from flowtriq_flowspec_embedded.pack.yaml_source import PackError

    if isinstance(problem, (FlowspecError, PackError)):
        return str(problem)
    if isinstance(problem, sqlite3.Error):
        return f"the engine's database cannot be read: {problem}"
    return None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="flowtriq-exabgp-adapter")
def main() -> None:
    """Turn DDoS alerts into BGP FlowSpec rules, and see what is announced.

    Exit codes: 0 done, 1 refused or not reachable (one sentence says why), 2 a wrong command line.
    """
