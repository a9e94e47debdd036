"""The man page of `flowspec`, from its commands, and the completion of three shells."""

from __future__ import annotations

import re
from pathlib import Path

import click
from flowtriq_flowspec_cli.completion_command import completion_of
from flowtriq_flowspec_cli.main import GROUPS, main

FOLDER = Path(__file__).resolve().parent.parent / "deploy/shell"
COMPLETIONS = {"bash": "flowspec", "zsh": "_flowspec", "fish": "flowspec.fish"}


def shell_files() -> dict[Path, str]:
    files = {FOLDER / name: completion_of(shell) for shell, name in COMPLETIONS.items()}
    files[FOLDER / "flowspec.1"] = man_page()
    return {path: text.rstrip() + "\n" for path, text in files.items()}


def man_page() -> str:
    top = click.Context(main, info_name="flowspec", **main.context_settings)
    lines = [
        '.TH FLOWSPEC 1 "" "flowtriq_flowspec" "User commands"',
        ".SH NAME",
        r"flowspec \- turn DDoS alerts into BGP FlowSpec rules, and see what is announced",
        ".SH SYNOPSIS",
        r"\fBflowspec\fR \fICOMMAND\fR [OPTIONS] [ARGUMENTS]",
        ".SH DESCRIPTION",
        *_text(main.help),
    ]
    for title, commands in GROUPS.items():
        lines.append(f".SH {title.upper()}")
        for name in commands:
            command = main.get_command(top, name)
            assert command is not None  # noqa: S101  (GROUPS names it)
            lines += _command(command, click.Context(command, top, info_name=name))
    return "\n".join(lines)


def _command(command: click.Command, context: click.Context) -> list[str]:
    usage = " ".join(command.get_usage(context).replace("Usage: ", "").split())
    lines = [f".SS {_escaped(context.command_path)}", _escaped(usage), ".PP"]
    lines += _text(command.help)
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            lines += [".TP", rf"\fB{_escaped(record[0])}\fR", _escaped(record[1])]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None  # noqa: S101  (it was listed)
            lines += _command(child, click.Context(child, context, info_name=name))
    return lines


def _text(text: str | None) -> list[str]:
    lines: list[str] = []
    for part in (text or "").split("\n\n"):
        if "\b" in part:
            kept = [line.strip() for line in part.splitlines() if line.strip("\b ")]
            lines += [".nf", *map(_escaped, kept), ".fi", ".PP"]
        else:
            lines += [_escaped(" ".join(part.split())), ".PP"]
    return lines[:-1]


def _escaped(text: str) -> str:
    return re.sub(r"^([.'])", r"\\&\1", text.replace("\\", "\\e").replace("-", "\\-"))
