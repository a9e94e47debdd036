"""The commands that change guardrails while the adapters run, and show the protected prefixes."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import click
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.setting_words import setting_in_words

from .adapter_commands import reason_option
from .adapters import CALLER, Adapters, Providers, Reply, adapters_option, finish, print_reply
from .render import duration, table
from .screen import json_option

_ENGINE_SECONDS = 10.0


@click.command()
@adapters_option
@reason_option
@json_option
def reload(adapters: Adapters, reason: str, as_json: bool) -> None:
    """Load changed configuration files, without dropping a BGP session.

    Each file is validated first. If anything in it is wrong, or needs a restart, the old settings
    stay in force. Rules that the new guardrails forbid are withdrawn and shown. With --config the
    running engine also loads the pack's configuration.
    """
    if isinstance(adapters, Providers):
        reply = adapters.run("reload", _at_each(_reloaded), reason=reason)
        if adapters.provider is None:
            reply = _with_engine(reply, adapters, reason)
    else:
        with AdapterClient(adapters.socket) as client:
            answer = client.reload(reason=reason, caller=CALLER)
        reply = Reply(answer, _reloaded(answer))
    finish(print_reply(reply, as_json))


@click.command()
@adapters_option
@click.argument("prefix")
@click.option("--reason", required=True, help="Why: kept in the history.")
@click.option(
    "--for", "lasting", metavar="TIME", help="Protect for this time: 90s, 10m, 2h, 1h30m."
)
@click.option("--until", metavar="TIME", help="Protect until this time: 2026-01-15T03:00:00Z.")
@json_option
def protect(
    adapters: Adapters,
    prefix: str,
    reason: str,
    lasting: str | None,
    until: str | None,
    as_json: bool,
) -> None:
    """Protect PREFIX: from now on no rule may cover it.

    Rules that cover it are withdrawn and shown. Needs the role admin. Without an end it lasts until
    flowspec unprotect.
    """
    from flowtriq_flowspec.operations.guardrail_changes import end_of

    end = end_of(lasting, until)
    if isinstance(adapters, Providers):
        given = {"prefix": prefix, "duration": lasting, "until": until}
        reply = adapters.run("protect", _at_each(_now_protected), reason=reason, **given)
    else:
        with AdapterClient(adapters.socket) as client:
            answer = client.protect(prefix, reason=reason, caller=CALLER, **end)
        reply = Reply(answer, _now_protected(answer))
    finish(print_reply(reply, as_json))


@click.command()
@adapters_option
@click.argument("prefix")
@reason_option
@json_option
def unprotect(adapters: Adapters, prefix: str, reason: str, as_json: bool) -> None:
    """End the protection of PREFIX by an admin. Rules that were withdrawn stay withdrawn."""
    if isinstance(adapters, Providers):
        reply = adapters.run("unprotect", _at_each(_unprotected), prefix=prefix, reason=reason)
    else:
        with AdapterClient(adapters.socket) as client:
            answer = client.unprotect(prefix, reason=reason, caller=CALLER)
        reply = Reply(answer, _unprotected(answer))
    finish(print_reply(reply, as_json))


@click.command()
@adapters_option
@json_option
def protected(adapters: Adapters, as_json: bool) -> None:
    """List the prefixes that no rule may cover."""
    if isinstance(adapters, Providers):
        reply = adapters.run("protected", lambda said: _listed(said.get("protected_prefixes", ())))
    else:
        with AdapterClient(adapters.socket) as client:
            found = client.protected_prefixes()
        reply = Reply(found, _listed(found))
    finish(print_reply(reply, as_json))


def _with_engine(reply: Reply, adapters: Providers, reason: str) -> Reply:
    """``reply`` of the adapters, with what the embedded engine did."""
    from flowtriq_flowspec_embedded.reloading import order
    from flowtriq_flowspec_embedded.stack_config import StackConfig
    from flowtriq_flowspec_embedded.store import Store

    stack = StackConfig.from_file(adapters.config)
    given = {"by": getpass.getuser(), "reason": reason}
    result = order(Store(stack.database, guest=True), given, _ENGINE_SECONDS)["result"]
    problems = tuple({"message": f"engine: {each}"} for each in result["errors"])
    changed = (result["output"] or {}).get("changed", [])
    parts = () if problems else ("engine:", *_changed(stack.pack_config_file, changed))
    return Reply(
        {**reply.answer, "engine": {"changed": changed, "errors": result["errors"]}},
        chain(reply.parts, parts),
        reply.done and not problems,
        (*reply.problems, *problems),
    )


def _changed(file: object, changed: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    if not changed:
        yield f"Nothing changed: {file} says what is in force."
        return
    yield f"{file} is in force. Changed:"
    yield from (f"  {setting_in_words(each)}" for each in changed)


def _reloaded(answer: Mapping[str, Any]) -> Iterator[Any]:
    yield from _changed(answer["file"], answer["changed"])
    if answer["changed"]:
        yield from _forbidden(answer["forbidden"])


def _now_protected(answer: Mapping[str, Any]) -> Iterator[Any]:
    until = f" until {answer['expires_at']}" if "expires_at" in answer else ""
    yield f"{answer['prefix']} is protected{until}: {answer['reason']}"
    yield from _forbidden(answer["forbidden"])


def _unprotected(answer: Mapping[str, Any]) -> Iterator[Any]:
    yield f"No admin protects {answer['prefix']} any more."
    if answer["still_protected_by"]:
        yield f"Still protected: {', '.join(answer['still_protected_by'])}"


def _forbidden(claims: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    if not claims:
        yield "The change forbids no active rule."
        return
    yield f"Rules that the change forbids: {len(claims)}"
    columns = ("id", "state", "description", "incident", "why")
    yield table(claims, columns, drop=("incident",))


def _listed(found: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    if not found:
        yield "No prefix is protected."
        return
    rows = [{**each, "left": duration(each.get("seconds_left"))} for each in found]
    provider = ["provider"] if "provider" in rows[0] else []
    columns = [*provider, "prefix", "source", "left", "added_by", "added_at", "reason"]
    yield table(rows, columns, drop=("added_at", "added_by"))


def _at_each(
    parts: Callable[[Mapping[str, Any]], Iterator[Any]],
) -> Callable[[Mapping[str, Any]], Iterator[Any]]:
    """``parts`` for the answer of an action, which has one of each provider."""

    def all_parts(result: Mapping[str, Any]) -> Iterator[Any]:
        for each in result.get("providers", ()):
            yield f"{each['provider']}:"
            yield from parts(each)

    return all_parts


COMMANDS = (reload, protect, unprotect, protected)
