"""Diversion of traffic to Cloudflare Magic Transit, beside the FlowSpec rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flowspec_action import Answer, FlowspecAction, problem, succeeded_unless
from flowspec_withdrawing import exactly_one
from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.config.magic_transit import MagicTransitConfig, MagicTransitPrefix
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.errors import FlowspecError, InvalidConfig
from flowtriq_flowspec.magic_transit_client import ALREADY, DRY_RUN, REQUESTED, MagicTransitClient

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


class DiversionAction(FlowspecAction):
    """Base of divert and undivert. The answer: ``results`` (``prefix`` and ``state``, of STATES),
    ``notes`` and ``problems``."""

    def divert(self, attack: Mapping[str, Any] | None, prefix: str | None) -> Answer:
        """For an attack, or a prefix that a person names; raises Refused unless it is one of these.

        Where Magic Transit is not configured, an attack that diverts nothing is no failure.
        """
        exactly_one({"attack": attack, "prefix": prefix})
        if attack is None:
            return self.switch_named(prefix or "", advertised=True)
        config = PackConfig.from_dict(self.config).magic_transit
        if config is None:
            return succeeded_unless([], {"results": [], "notes": [NOT_CONFIGURED]})
        prefixes, notes = _to_divert(Attack.from_payload(attack), config)
        return self._switch(config, prefixes, advertised=True, notes=notes)

    def switch_named(self, prefix: str, *, advertised: bool) -> Answer:
        """One prefix of the configuration. Raises InvalidConfig when it is not there."""
        config = PackConfig.from_dict(self.config).magic_transit
        if config is None:
            raise InvalidConfig(NOT_CONFIGURED, field="magic_transit")
        return self._switch(config, [config.prefix(prefix)], advertised=advertised, notes=[])

    def _switch(
        self,
        config: MagicTransitConfig,
        prefixes: Sequence[MagicTransitPrefix],
        *,
        advertised: bool,
        notes: Sequence[str],
    ) -> Answer:
        def switch_one(prefix: MagicTransitPrefix) -> str | FlowspecError:
            try:
                with MagicTransitClient(config.account_id, config.api_token) as client:
                    said = client.set_advertised(prefix, advertised, dry_run=config.dry_run)
            except FlowspecError as error:
                self.logger.warning("Magic Transit: %s", error)
                return error
            self.logger.info("Magic Transit: %s %s", prefix.prefix, STATES[advertised][said])
            return STATES[advertised][said]

        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            found = [
                (str(it.prefix), said) for it, said in zip(prefixes, pool.map(switch_one, prefixes))
            ]
        results = [{"prefix": at, "state": it} for at, it in found if isinstance(it, str)]
        problems = [problem(it, prefix=at) for at, it in found if isinstance(it, FlowspecError)]
        return succeeded_unless(problems, {"results": results, "notes": list(notes)})


def _to_divert(
    attack: Attack, config: MagicTransitConfig
) -> tuple[list[MagicTransitPrefix], list[str]]:
    """The prefixes to divert, each once, and what is to be said about the rest."""
    prefixes: dict[MagicTransitPrefix, None] = {}
    notes = []
    for target in attack.targets:
        found = config.prefixes_for(target.prefix)
        prefixes.update(dict.fromkeys(found))
        if not found:
            notes.append(f"{target.prefix} is in no prefix of magic_transit.prefixes")
    return list(prefixes), notes
