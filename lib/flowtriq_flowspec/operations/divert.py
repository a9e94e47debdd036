"""Diversion of traffic to Cloudflare Magic Transit, beside the FlowSpec rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ..attack import Attack
from ..config.magic_transit import MagicTransitConfig, MagicTransitPrefix
from ..config.pack import PackConfig
from ..errors import FlowspecError, InvalidConfig
from ..magic_transit_client import ALREADY, DRY_RUN, REQUESTED, MagicTransitClient
from .result import Problem, Result
from .withdraw import exactly_one

NOT_CONFIGURED = "Magic Transit is not configured"
STATES = {
    True: {
        REQUESTED: "advertising",
        ALREADY: "already_advertised",
        DRY_RUN: "would_advertise",
    },
    False: {
        REQUESTED: "withdrawing",
        ALREADY: "already_withdrawn",
        DRY_RUN: "would_withdraw",
    },
}
_AT_ONCE = 4  # Cloudflare allows 1,200 requests in five minutes


@dataclass(frozen=True)
class PrefixState:
    """``state`` is one of STATES."""

    prefix: str
    state: str


@dataclass(frozen=True)
class DivertResult(Result):
    results: list[PrefixState] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def divert(
    config: PackConfig, attack: Mapping[str, Any] | None, prefix: str | None
) -> DivertResult:
    """Divert the prefixes of an attack, or one that a person names. Raises Refused unless one of
    the two is given.

    Where Magic Transit is not configured, an attack that diverts nothing is no failure.
    """
    exactly_one({"attack": attack, "prefix": prefix})
    if attack is None:
        return _switch_named(config, prefix or "", advertised=True)
    magic_transit = config.magic_transit
    if magic_transit is None:
        return DivertResult(notes=[NOT_CONFIGURED])
    prefixes, notes = _prefixes_of(Attack.from_payload(attack), magic_transit)
    return _switch(magic_transit, prefixes, advertised=True, notes=notes)


def undivert(config: PackConfig, prefix: str) -> DivertResult:
    """Have Cloudflare withdraw one prefix of the configuration."""
    return _switch_named(config, prefix, advertised=False)


def _switch_named(config: PackConfig, prefix: str, *, advertised: bool) -> DivertResult:
    """Raises InvalidConfig when the prefix is not in the configuration."""
    magic_transit = config.magic_transit
    if magic_transit is None:
        raise InvalidConfig(NOT_CONFIGURED, field="magic_transit")
    prefixes = [magic_transit.prefix(prefix)]
    return _switch(magic_transit, prefixes, advertised=advertised, notes=[])


def _switch(
    config: MagicTransitConfig,
    prefixes: Sequence[MagicTransitPrefix],
    *,
    advertised: bool,
    notes: list[str],
) -> DivertResult:
    def switch_one(prefix: MagicTransitPrefix) -> PrefixState | Problem:
        try:
            with MagicTransitClient(config.account_id, config.api_token) as client:
                answer = client.set_advertised(prefix, advertised, dry_run=config.dry_run)
        except FlowspecError as error:
            return Problem.of(error, prefix=str(prefix.prefix))
        return PrefixState(str(prefix.prefix), STATES[advertised][answer])

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        outcomes = list(pool.map(switch_one, prefixes))
    return DivertResult(
        [each for each in outcomes if isinstance(each, Problem)],
        [each for each in outcomes if isinstance(each, PrefixState)],
        notes,
    )


def _prefixes_of(
    attack: Attack, config: MagicTransitConfig
) -> tuple[list[MagicTransitPrefix], list[str]]:
    """The prefixes to divert, each once; and a note for each target without one."""
    prefixes: dict[MagicTransitPrefix, None] = {}
    notes = []
    for target in attack.targets:
        covering = config.prefixes_for(target.prefix)
        prefixes.update(dict.fromkeys(covering))
        if not covering:
            notes.append(f"{target.prefix} is in no prefix of magic_transit.prefixes")
    return list(prefixes), notes
