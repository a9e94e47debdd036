"""The pack's configuration, as StackStorm or the embedded engine hands it over: a dict.

Every setting, its default and its limit live in schemas/config.schema.json; here it is checked,
completed with the defaults and put into form.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from .attack import Network
from .errors import InvalidConfig, InvalidRule
from .rule import parse_match
from .senders import SENDERS, Parsed
from .senders.signature import verify_basic, verify_bearer, verify_hmac
from .validation import require_valid, resolved, shown
from .vectors import catalogue

DROP, RATE_LIMIT, DEFAULT = "drop", "rate-limit", "default"


@dataclass(frozen=True)
class VectorConfig:
    """Settings for one vector; None where nothing is said."""

    enabled: bool | None = None
    action: str | None = None
    rate_limit_bps: int | None = None
    match: Mapping[str, Any] | None = None
    dry_run: bool | None = None
    approval: str | None = None

    def over(self, other: VectorConfig) -> VectorConfig:
        """What this says, and what ``other`` says where this says nothing."""
        mine = {key: value for key, value in vars(self).items() if value is not None}
        return VectorConfig(**{**vars(other), **mine})


_NOTHING = VectorConfig()


@dataclass(frozen=True)
class Customer:
    prefix: Network
    vectors: Mapping[str, VectorConfig]

    def holds(self, target: Network) -> bool:
        return _holds(self.prefix, target)


@dataclass(frozen=True)
class Carpet:
    """When hosts are folded into prefixes; see carpet.py."""

    threshold: int
    ipv4_prefix_length: int
    ipv6_prefix_length: int
    approval: str
    protected: tuple[Network, ...]


@dataclass(frozen=True)
class ProviderConfig:
    """One provider with what the whole pack says about vectors, customers and carpets.

    ``rate_limit_bps`` is bits per second. ``vectors`` are the provider's own settings over those
    of the pack; ``customers`` has the longest prefix first.
    """

    provider: str
    name: str
    adapter_socket: str
    adapter_token: str | None = field(repr=False)  # a secret stays out of logs
    default_action: str
    rate_limit_bps: int
    auto_withdraw: bool
    withdraw_after_seconds: int
    max_rule_seconds: int
    ipv4_enabled: bool
    ipv6_enabled: bool
    dry_run: bool
    vectors: Mapping[str, VectorConfig]
    customers: tuple[Customer, ...]
    carpet: Carpet

    def vector_settings(self, vector: str, target: Network) -> VectorConfig:
        """What is configured for a vector against a target: the customer's settings (longest
        prefix first), then the provider's, then the pack's."""
        settings = self.vectors.get(vector, _NOTHING)
        for customer in reversed(self.customers):
            own = customer.vectors.get(vector)
            if own and customer.holds(target):
                settings = own.over(settings)
        return settings

    def enabled_for(self, address_family: str) -> bool:
        return self.ipv6_enabled if address_family == "ipv6" else self.ipv4_enabled


@dataclass(frozen=True)
class WebhookConfig:
    host: str
    port: int
    max_body_bytes: int
    tls_certificate: str | None
    tls_key: str | None


@dataclass(frozen=True)
class SenderConfig:
    """One alert source: its settings and what it must show to be believed. ``kind`` is a key of
    SENDERS; several senders of kind custom have names of their own."""

    name: str
    kind: str
    settings: Mapping[str, Any] = field(repr=False)  # holds secrets

    @property
    def enabled(self) -> bool:
        """A sender without a credential is off."""
        said = self.settings.get
        return bool(said("hmac_secret") or said("token") or (said("username") and said("password")))

    def parse(self, body: Mapping[str, Any]) -> Parsed:
        """What a notification of this sender says; raises InvalidAlert."""
        return SENDERS[self.kind](body, self.settings)

    def accepts(self, headers: Mapping[str, str], raw_body: bytes) -> bool:
        """Whether a request comes from this sender. ``headers`` by any spelling of their names.

        A configured signature is always asked for; else one of token and password must fit.
        """
        by_name = {name.lower(): value for name, value in headers.items()}
        said = self.settings.get
        if said("hmac_secret"):
            signature = by_name.get("x-flowtriq-signature")
            return verify_hmac(said("hmac_secret"), raw_body, signature)
        authorization = by_name.get("authorization")
        token_fits = verify_bearer(said("token"), authorization)
        password_fits = verify_basic(said("username"), said("password"), authorization)
        return token_fits or password_fits


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
        for each in self.prefixes:
            if _holds(each.prefix, target):
                return (each,)
        return tuple(each for each in self.prefixes if _holds(target, each.prefix))

    def prefix(self, text: str) -> MagicTransitPrefix:
        """Raises InvalidConfig unless it is one of the configured."""
        for each in self.prefixes:
            if str(each.prefix) == text:
                return each
        known = ", ".join(str(each.prefix) for each in self.prefixes)
        message = f"no Magic Transit prefix is {shown(text)!r}; configured are: {known}"
        raise InvalidConfig(message, field="magic_transit.prefixes", value=shown(text))


@dataclass(frozen=True)
class PackConfig:
    """``magic_transit`` is None unless it is configured."""

    providers: tuple[ProviderConfig, ...]
    webhook: WebhookConfig
    senders: Mapping[str, SenderConfig]
    magic_transit: MagicTransitConfig | None

    @classmethod
    def from_dict(cls, given: Mapping[str, Any] | None) -> PackConfig:
        """Raises InvalidConfig naming the setting, its value and its limit.

        StackStorm fills settings that are not there with null, {} or []; these count as left out.
        """
        config = _without_nulls(copy.deepcopy(dict(given or {})))
        require_valid(config, "config", InvalidConfig)
        _fill(config, resolved("config"))
        carpet = _carpet(config)
        customers = _customers(config["customers"])
        pack_vectors = _vectors(config["vectors"], "vectors")
        providers = tuple(
            _provider(item, f"providers.{index}", pack_vectors, customers, carpet)
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
            _senders(config["senders"]),
            _magic_transit(config["magic_transit"]),
        )

    def provider(self, name: str) -> ProviderConfig:
        """Raises InvalidConfig when no provider is called that."""
        for provider in self.providers:
            if provider.name == name:
                return provider
        known = ", ".join(provider.name for provider in self.providers)
        message = f"no provider is called {shown(name)!r}; configured are: {known}"
        raise InvalidConfig(message, field="providers", value=shown(name))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _fill(value: Any, rules: Mapping[str, Any]) -> None:
    """Put the schema's defaults where a setting is left out, in place. An object that is left out
    becomes one of defaults, so that settings are always there to be read."""
    if isinstance(value, list):
        for item in value:
            _fill(item, rules.get("items", {}))
    if not isinstance(value, dict):
        return
    for name, rule in rules.get("properties", {}).items():
        if name not in value and "default" in rule:
            value[name] = copy.deepcopy(rule["default"])
        elif name not in value and rule.get("type") == "object" and rule.get("properties"):
            value[name] = {}
        if name in value:
            _fill(value[name], rule)


def _network(text: str, field: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        message = f"{field} is {text!r}, not a prefix: {error}"
        raise InvalidConfig(message, field=field, value=text) from error


def _holds(outer: Network, inner: Network) -> bool:
    if inner.version != outer.version or inner.prefixlen < outer.prefixlen:
        return False
    return inner.network_address in outer


def _vectors(given: Mapping[str, Any], field: str) -> Mapping[str, VectorConfig]:
    known = catalogue()
    for name, item in given.items():
        if name not in known:
            message = f"{field}.{name} is no vector; docs/user/vectors.md lists them"
            raise InvalidConfig(message, field=f"{field}.{name}", value=name)
        if item.get("action") == DROP and known[name].discard == "never":
            message = f"{field}.{name}.action is drop; this vector is never dropped, only limited"
            raise InvalidConfig(message, field=f"{field}.{name}.action", value=DROP)
        if known[name].refuse and set(item) - {"enabled"}:
            message = f"{field}.{name} makes no rule: {known[name].refuse}"
            raise InvalidConfig(message, field=f"{field}.{name}", value=shown(dict(item)))
        _require_valid_match(item.get("match", {}), f"{field}.{name}.match")
    return {name: VectorConfig(**item) for name, item in given.items()}


def _require_valid_match(match: Mapping[str, Any], field: str) -> None:
    """The target alone is a rule's destination; the rest must fit one address family at least."""
    if "destination" in match:
        message = f"{field}.destination cannot be set: it is always the attacked target"
        raise InvalidConfig(message, field=f"{field}.destination")
    problem = None
    for host in ("192.0.2.1/32", "2001:db8::1/128"):
        try:
            parse_match({**match, "destination": host})
            return
        except InvalidRule as error:
            problem = problem or error
    raise InvalidConfig(f"{field}: {problem}", field=field, value=shown(match))


def _customers(given: list[dict[str, Any]]) -> tuple[Customer, ...]:
    found = [
        Customer(
            _network(item["prefix"], f"customers.{index}.prefix"),
            _vectors(item["vectors"], f"customers.{index}.vectors"),
        )
        for index, item in enumerate(given)
    ]
    return tuple(sorted(found, key=lambda customer: customer.prefix.prefixlen, reverse=True))


def _senders(given: dict[str, Any]) -> Mapping[str, SenderConfig]:
    custom = given.pop("custom")
    senders = {name: SenderConfig(name, name, item) for name, item in given.items()}
    for index, item in enumerate(custom):
        name = item["name"]
        if name in senders or name == "custom":
            field_name = f"senders.custom.{index}.name"
            message = f"{field_name} is {name!r}, which another sender is called already"
            raise InvalidConfig(message, field=field_name, value=name)
        senders[name] = SenderConfig(name, "custom", item)
    return senders


def _carpet(config: Mapping[str, Any]) -> Carpet:
    protected = tuple(
        _network(text, f"protected_prefixes.{index}")
        for index, text in enumerate(config["protected_prefixes"])
    )
    return Carpet(protected=protected, **config["carpet"])


def _magic_transit(given: Mapping[str, Any]) -> MagicTransitConfig | None:
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
        prefix = _network(item["prefix"], place)
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


def _provider(
    item: Mapping[str, Any],
    field: str,
    pack_vectors: Mapping[str, VectorConfig],
    customers: tuple[Customer, ...],
    carpet: Carpet,
) -> ProviderConfig:
    own = _vectors(item["vectors"], f"{field}.vectors")
    names = {**pack_vectors, **own}
    vectors = {
        name: own.get(name, _NOTHING).over(pack_vectors.get(name, _NOTHING)) for name in names
    }
    settings = {"adapter_token": None, **item, "vectors": vectors}
    return ProviderConfig(**settings, customers=customers, carpet=carpet)


def _refuse_twins(providers: tuple[ProviderConfig, ...]) -> None:
    for key in ("name", "adapter_socket"):
        values = [getattr(provider, key) for provider in providers]
        twin = next((value for value in values if values.count(value) > 1), None)
        if twin is not None:
            message = f"two providers have the {key} {twin!r}; each needs its own"
            raise InvalidConfig(message, field=f"providers.{key}", value=twin)
