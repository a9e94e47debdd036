"""The pack's configuration, as StackStorm or the embedded engine hands it over: a dict.

Every setting, its default and its limit live in schemas/config.schema.json; here it is checked,
completed with the defaults and put into form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidConfig, Refused
from ..events import RefusalCode
from ..flowspec.prefixes import Network, configured_prefix, holds
from ..flowspec.then import Then
from ..flowspec.units import with_discard, with_rates
from ..playbook.escalation import (
    Step,
    configured_blackholes,
    configured_steps,
    require_next_hop,
)
from ..published_schemas import resolved
from ..refusal_wording import shown
from ..validation import require_valid, with_defaults
from .magic_transit import MagicTransitConfig, magic_transit_config
from .notify import NotifyConfig, notify_config
from .secrets import with_secrets
from .senders import SenderConfig, sender_configs
from .vectors import VectorConfig, vector_configs

DEFAULT = "default"
_NOTHING = VectorConfig()


@dataclass(frozen=True)
class Customer:
    prefix: Network
    vectors: Mapping[str, VectorConfig]

    def holds(self, target: Network) -> bool:
        return holds(self.prefix, target)


@dataclass(frozen=True)
class AggregationConfig:
    """The setting ``carpet``: when many attacked hosts are answered by one prefix
    (playbook/aggregation.py), and what a rule for a whole group needs."""

    threshold: int
    ipv4_prefix_length: int
    ipv6_prefix_length: int
    approval: str
    group_approval: str
    protected: tuple[Network, ...]


@dataclass(frozen=True)
class ProviderConfig:
    """One provider with what the whole pack says about vectors, customers and aggregation.

    ``rate_limit_bps`` is bits per second. ``vectors`` are the provider's own settings over those
    of the pack; ``customers`` has the longest prefix first. ``escalation`` has the laxest step
    first; ``blackhole`` says by address family what its last step does to a host.
    """

    provider: str
    name: str
    adapter_socket: str
    adapter_url: str | None
    adapter_ca: str | None
    adapter_certificate: str | None
    adapter_token: str | None = field(repr=False)  # a secret stays out of logs
    exporter_url: str | None
    hold_withdrawal: Mapping[str, Any]
    timed_probe: bool
    prefixes: tuple[Network, ...]
    default_action: str
    rate_limit_bps: int
    escalation: tuple[Step, ...]
    blackhole: Mapping[str, Then]
    auto_withdraw: bool
    withdraw_after_seconds: int
    max_rule_seconds: int
    ipv4_enabled: bool
    ipv6_enabled: bool
    dry_run: bool
    vectors: Mapping[str, VectorConfig]
    customers: tuple[Customer, ...]
    aggregation: AggregationConfig

    def vector_settings(self, vector: str, target: Network) -> VectorConfig:
        """What is configured for a vector against a target: the customer's settings (longest
        prefix first), then the provider's, then the pack's."""
        settings = self.vectors.get(vector, _NOTHING)
        for customer in reversed(self.customers):
            own = customer.vectors.get(vector)
            if own and customer.holds(target):
                settings = own.over(settings)
        return settings

    @property
    def adapter_address(self) -> str:
        """A URL, or the path of a Unix socket."""
        return self.adapter_url or self.adapter_socket

    def site_of(self, target: Network) -> Network | None:
        """The first of ``prefixes`` that holds a target."""
        return next((prefix for prefix in self.prefixes if holds(prefix, target)), None)

    def enabled_for(self, address_family: str) -> bool:
        return self.ipv6_enabled if address_family == "ipv6" else self.ipv4_enabled

    def require_serves(self, target: Network) -> None:
        """Raises Refused where rules for this target are not for this provider."""
        address_family = "ipv6" if target.version == 6 else "ipv4"
        if not self.enabled_for(address_family):
            key = f"{address_family}_enabled"
            message = f"{key} is false for {self.name}, so {target} gets no rule"
            raise Refused(
                message, code=RefusalCode(f"{address_family}_disabled"), field=key, value=False
            )
        if self.prefixes and self.site_of(target) is None:
            message = f"{target} is in none of the prefixes of {self.name}"
            raise Refused(message, code=RefusalCode.OTHER_SITE, field="prefixes", value=str(target))


@dataclass(frozen=True)
class WebhookConfig:
    host: str
    port: int
    max_body_bytes: int
    tls_certificate: str | None
    tls_key: str | None


@dataclass(frozen=True)
class Approvals:
    """How people are asked about rules that need approval: the inquiry's ttl in minutes, who may
    answer (nobody named: everybody), and its route."""

    minutes: int
    users: tuple[str, ...]
    roles: tuple[str, ...]
    route: str


@dataclass(frozen=True)
class PackConfig:
    """``magic_transit`` is None unless it is configured."""

    providers: tuple[ProviderConfig, ...]
    webhook: WebhookConfig
    senders: Mapping[str, SenderConfig]
    magic_transit: MagicTransitConfig | None
    approvals: Approvals
    notify: NotifyConfig

    @classmethod
    def from_dict(cls, given: Mapping[str, Any] | None) -> PackConfig:
        """Raises InvalidConfig naming the setting, its value and its limit.

        StackStorm fills settings that are not there with null, {} or []; these count as left out.
        """
        settings = with_rates(_without_nulls(dict(given or {})))
        config = with_secrets(settings, resolved("config"), {})
        known = _last_read.get(repr(config))
        if known is None:
            known = cls._read(config)
            _last_read.clear()
            _last_read[repr(config)] = known
        return known

    @classmethod
    def _read(cls, config: dict[str, Any]) -> PackConfig:
        require_valid(config, "config", InvalidConfig)
        config = with_discard(with_defaults(config, "config"))
        aggregation = _aggregation(config)
        customers = _customers(config["customers"])
        pack_vectors = vector_configs(config["vectors"], "vectors")
        providers = tuple(
            _provider(item, f"providers.{index}", pack_vectors, customers, aggregation)
            for index, item in enumerate(config["providers"])
        )
        _refuse_twins(providers)
        webhook = config["webhook"]
        if bool(webhook.get("tls_certificate")) != bool(webhook.get("tls_key")):
            message = "webhook.tls_certificate and webhook.tls_key go together; one is missing"
            raise InvalidConfig(message, field="webhook.tls_key")
        tls = {"tls_certificate": None, "tls_key": None}
        return cls(
            providers,
            WebhookConfig(**{**tls, **webhook}),
            sender_configs(config["senders"]),
            magic_transit_config(config["magic_transit"]),
            _approvals(config["approvals"]),
            notify_config(config["notify"]),
        )

    def provider(self, name: str) -> ProviderConfig:
        """Raises InvalidConfig when no provider is called that."""
        for provider in self.providers:
            if provider.name == name:
                return provider
        known = ", ".join(provider.name for provider in self.providers)
        message = f"no provider is called {shown(name)!r}; configured are: {known}"
        raise InvalidConfig(message, field="providers", value=shown(name))


_last_read: dict[str, PackConfig] = {}
"""By what was read: the embedded engine runs many actions with one configuration, and a victim
waits for each."""


def _approvals(given: Mapping[str, Any]) -> Approvals:
    people = {key: tuple(given[key]) for key in ("users", "roles")}
    return Approvals(given["minutes"], route=given["route"], **people)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _customers(given: list[dict[str, Any]]) -> tuple[Customer, ...]:
    customers = [
        Customer(
            configured_prefix(item["prefix"], f"customers.{index}.prefix"),
            vector_configs(item["vectors"], f"customers.{index}.vectors"),
        )
        for index, item in enumerate(given)
    ]
    return tuple(sorted(customers, key=lambda customer: customer.prefix.prefixlen, reverse=True))


def _aggregation(config: Mapping[str, Any]) -> AggregationConfig:
    protected = tuple(
        configured_prefix(text, f"protected_prefixes.{index}")
        for index, text in enumerate(config["protected_prefixes"])
    )
    return AggregationConfig(protected=protected, **config["carpet"])


def _provider(
    item: Mapping[str, Any],
    field: str,
    pack_vectors: Mapping[str, VectorConfig],
    customers: tuple[Customer, ...],
    aggregation: AggregationConfig,
) -> ProviderConfig:
    own = vector_configs(item["vectors"], f"{field}.vectors")
    names = {**pack_vectors, **own}
    vectors = {
        name: own.get(name, _NOTHING).over(pack_vectors.get(name, _NOTHING)) for name in names
    }
    unset = dict.fromkeys(
        ("adapter_url", "adapter_ca", "adapter_certificate", "adapter_token", "exporter_url")
    )
    prefixes = tuple(
        configured_prefix(text, f"{field}.prefixes.{index}")
        for index, text in enumerate(item["prefixes"])
    )
    read = {
        "prefixes": prefixes,
        "vectors": vectors,
        "escalation": configured_steps(item["escalation"], f"{field}.escalation"),
        "blackhole": configured_blackholes(item["blackhole"], f"{field}.blackhole"),
    }
    provider = ProviderConfig(
        **{**unset, **item, **read}, customers=customers, aggregation=aggregation
    )
    enabled = [
        address_family
        for address_family in ("ipv4", "ipv6")
        if provider.enabled_for(address_family)
    ]
    require_next_hop(provider.escalation, provider.blackhole, enabled, field)
    return provider


def _refuse_twins(providers: tuple[ProviderConfig, ...]) -> None:
    used = {
        "name": [provider.name for provider in providers],
        "adapter_socket": [
            provider.adapter_socket for provider in providers if not provider.adapter_url
        ],
        "adapter_url": [provider.adapter_url for provider in providers if provider.adapter_url],
    }
    for key, values in used.items():
        twin = next((value for value in values if values.count(value) > 1), None)
        if twin is not None:
            message = f"two providers have the {key} {twin!r}; each needs its own"
            raise InvalidConfig(message, field=f"providers.{key}", value=twin)
