"""Magic Transit's part of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidConfig
from ..flowspec.prefixes import Network, configured_prefix, holds
from ..refusal_wording import shown


@dataclass(frozen=True)
class MagicTransitPrefix:
    """A prefix that Cloudflare can advertise, with the ids that its API knows it by."""

    prefix: Network
    prefix_id: str
    bgp_prefix_id: str


@dataclass(frozen=True)
class MagicTransitConfig:
    """``prefixes`` has the longest first."""

    account_id: str
    api_token: str = field(repr=False)  # a secret stays out of logs
    prefixes: tuple[MagicTransitPrefix, ...]
    dry_run: bool

    def prefixes_for(self, target: Network) -> tuple[MagicTransitPrefix, ...]:
        """The longest prefix that holds the target; for a wider target, all that it holds."""
        for own in self.prefixes:
            if holds(own.prefix, target):
                return (own,)
        return tuple(own for own in self.prefixes if holds(target, own.prefix))

    def prefix(self, text: str) -> MagicTransitPrefix:
        """Raises InvalidConfig unless it is one of the configured."""
        for each in self.prefixes:
            if str(each.prefix) == text:
                return each
        known = ", ".join(str(each.prefix) for each in self.prefixes)
        message = f"no Magic Transit prefix is {shown(text)!r}; configured are: {known}"
        raise InvalidConfig(message, field="magic_transit.prefixes", value=shown(text))


def magic_transit_config(given: Mapping[str, Any]) -> MagicTransitConfig | None:
    """From the setting ``magic_transit``; None where it is left out. Raises InvalidConfig."""
    needed = ("account_id", "api_token", "prefixes")
    missing = [name for name in needed if not given.get(name)]
    if len(missing) == len(needed):
        return None
    if missing:
        message = f"magic_transit.{missing[0]} is missing; {', '.join(needed)} go together"
        raise InvalidConfig(message, field=f"magic_transit.{missing[0]}")
    token = given["api_token"]
    if not all("!" <= character <= "~" for character in token):
        message = "magic_transit.api_token has a space or another character that no token has"
        raise InvalidConfig(message, field="magic_transit.api_token", value="(secret)")
    found: dict[Network, MagicTransitPrefix] = {}
    for index, item in enumerate(given["prefixes"]):
        place = f"magic_transit.prefixes.{index}.prefix"
        prefix = configured_prefix(item["prefix"], place)
        if prefix in found:
            raise InvalidConfig(
                f"{place} is {prefix} a second time", field=place, value=str(prefix)
            )
        found[prefix] = MagicTransitPrefix(**{**item, "prefix": prefix})
    return MagicTransitConfig(
        account_id=given["account_id"],
        api_token=token,
        prefixes=tuple(sorted(found.values(), key=lambda it: it.prefix.prefixlen, reverse=True)),
        dry_run=given["dry_run"],
    )
