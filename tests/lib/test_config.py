from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.config.vectors import VectorConfig
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.senders.signature import sign_hmac

ROOT = Path(__file__).parents[2]
MISSION = {
    "provider": "exabgp_flowspec",
    "name": "ExaBGP - Edge Routers",
    "adapter_socket": "/var/run/flowtriq/exabgp.sock",
    "default_action": "rate-limit",
    "rate_limit_bps": 10000000,
    "auto_withdraw": True,
    "withdraw_after_seconds": 120,
    "ipv4_enabled": True,
    "ipv6_enabled": True,
}
REMOTE = {"name": "a", "adapter_url": "https://[2001:db8::1]:8443"}


def test_adapters_of_two_other_machines_need_no_sockets() -> None:
    other = {"name": "b", "adapter_url": "https://edge2.example.net:8443"}
    addresses = [
        provider.adapter_address
        for provider in PackConfig.from_dict({"providers": [REMOTE, other, MISSION]}).providers
    ]
    assert addresses == [REMOTE["adapter_url"], other["adapter_url"], MISSION["adapter_socket"]]


def config(**more: Any) -> PackConfig:
    return PackConfig.from_dict({"providers": [MISSION], **more})


def test_the_provider_of_the_article_as_it_stands() -> None:
    (provider,) = config().providers
    assert {key: getattr(provider, key) for key in MISSION} == MISSION


def test_a_name_is_all_a_provider_needs() -> None:
    (provider,) = PackConfig.from_dict({"providers": [{"name": "ExaBGP - Edge Routers"}]}).providers
    assert {key: getattr(provider, key) for key in MISSION} == MISSION
    assert provider.dry_run is False


def test_the_example_is_valid() -> None:
    text = (ROOT / "flowtriq_flowspec.yaml.example").read_text(encoding="utf-8")
    pack = PackConfig.from_dict(yaml.safe_load(text))
    assert pack.providers[0].name == "ExaBGP - Edge Routers"
    assert not any(sender.enabled for sender in pack.senders.values()), "a secret everyone knows"


def test_a_default_of_stackstorm_counts_as_left_out() -> None:
    """Its loader puts {} and [] where nested settings are missing, and null for empty ones."""
    filled = {
        "providers": [{**MISSION, "adapter_token": None, "vectors": {}}],
        "vectors": {},
        "customers": [],
        "carpet": {},
        "webhook": {"tls_key": None},
        "senders": {"alertmanager": {"labels": {"target": []}, "token": None}, "custom": []},
        "protected_prefixes": [],
    }
    pack = PackConfig.from_dict(filled)
    assert pack.providers == config().providers
    assert pack.webhook == config().webhook
    assert not pack.senders["alertmanager"].enabled


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"provider": "cisco"}, "providers.0.provider"),
        ({"name": ""}, "providers.0.name"),
        ({"adapter_socket": "exabgp.sock"}, "providers.0.adapter_socket"),
        ({"adapter_url": "http://192.0.2.1:8443"}, "providers.0.adapter_url"),
        ({"adapter_url": "https://a@192.0.2.1:8443"}, "providers.0.adapter_url"),
        ({"adapter_url": "https://192.0.2.1:8443/v1"}, "providers.0.adapter_url"),
        ({"adapter_ca": "ca.pem"}, "providers.0.adapter_ca"),
        ({"default_action": "dicard"}, "providers.0.default_action"),
        ({"rate_limit_bps": 0}, "providers.0.rate_limit_bps"),
        ({"rate_limit_bps": "10m"}, "providers.0.rate_limit_bps"),
        ({"rate_limit_bps": 8000000000001}, "providers.0.rate_limit_bps"),
        ({"auto_withdraw": "yes"}, "providers.0.auto_withdraw"),
        ({"withdraw_after_seconds": -1}, "providers.0.withdraw_after_seconds"),
        ({"ipv6_enable": True}, "providers.0.ipv6_enable"),
        ({"vectors": {"syn_flod": {}}}, "providers.0.vectors.syn_flod"),
        ({"vectors": {"syn_flood": {"action": "kill"}}}, "providers.0.vectors.syn_flood.action"),
        ({"vectors": {"unknown": {"action": "drop"}}}, "providers.0.vectors.unknown.action"),
        (
            {"vectors": {"udp_flood": {"match": {"destination": "203.0.113.0/24"}}}},
            "providers.0.vectors.udp_flood.match.destination",
        ),
        (
            {"vectors": {"udp_flood": {"match": {"destination-port": 70000}}}},
            "providers.0.vectors.udp_flood.match",
        ),
        ({"vectors": {"http_flood": {"action": "drop"}}}, "providers.0.vectors.http_flood"),
    ],
)
def test_a_bad_provider_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        PackConfig.from_dict({"providers": [{**MISSION, **change}]})
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"providers": []}, "providers"),
        ({"providers": [MISSION, {**MISSION, "adapter_socket": "/x"}]}, "providers.name"),
        ({"providers": [MISSION, {**MISSION, "name": "b"}]}, "providers.adapter_socket"),
        ({"providers": [REMOTE, {**REMOTE, "name": "b"}]}, "providers.adapter_url"),
        ({"colour": 1}, "colour"),
        ({"customers": [{"prefix": "203.0.113.1/24"}]}, "customers.0.prefix"),
        ({"protected_prefixes": ["router1"]}, "protected_prefixes.0"),
        ({"webhook": {"port": 65536}}, "webhook.port"),
        ({"webhook": {"tls_certificate": "/x.pem"}}, "webhook.tls_key"),
        ({"senders": {"nagios": {}}}, "senders.nagios"),
        ({"senders": {"custom": [{"name": "flowtriq", "fields": {}}]}}, "senders.custom.0.name"),
        ({"senders": {"custom": [{"name": "a/b", "fields": {}}]}}, "senders.custom.0.name"),
    ],
)
def test_a_bad_pack_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        config(**change)
    assert refused.value.field == field


@pytest.mark.parametrize("given", [None, {}])
def test_without_a_provider_there_is_no_configuration(given: dict[str, Any] | None) -> None:
    with pytest.raises(InvalidConfig, match=r"^providers is missing$"):
        PackConfig.from_dict(given)


def test_the_configuration_given_is_not_changed() -> None:
    given: dict[str, Any] = {"providers": [{"name": "a"}], "webhook": {"host": None}}
    PackConfig.from_dict(given)
    assert given == {"providers": [{"name": "a"}], "webhook": {"host": None}}


def test_precedence_of_a_vectors_settings() -> None:
    pack = PackConfig.from_dict(
        {
            "providers": [{**MISSION, "vectors": {"syn_flood": {"rate_limit_bps": 2000}}}],
            "vectors": {"syn_flood": {"action": "rate-limit", "rate_limit_bps": 1000}},
            "customers": [
                {"prefix": "203.0.113.0/24", "vectors": {"syn_flood": {"rate_limit_bps": 3000}}},
                {
                    "prefix": "203.0.113.128/25",
                    "vectors": {"syn_flood": {"action": "drop", "rate_limit_bps": 4000}},
                },
            ],
        }
    )
    (provider,) = pack.providers

    def settings(target: str) -> VectorConfig:
        return provider.vector_settings("syn_flood", ip_network(target))

    outside = settings("198.51.100.1/32")
    assert (outside.action, outside.rate_limit_bps) == ("rate-limit", 2000)
    customer = settings("203.0.113.1/32")
    assert (customer.action, customer.rate_limit_bps) == ("rate-limit", 3000)
    inner = settings("203.0.113.200/32")
    assert (inner.action, inner.rate_limit_bps) == ("discard", 4000)
    # A target wider than the customer's network is not that customer's.
    assert settings("203.0.112.0/22") == outside
    assert settings("2001:db8::1/128") == outside


def test_a_provider_is_found_by_its_name() -> None:
    pack = config()
    assert pack.provider("ExaBGP - Edge Routers") is pack.providers[0]
    with pytest.raises(InvalidConfig, match="configured are: ExaBGP - Edge Routers"):
        pack.provider("core")


def test_secrets_are_not_shown() -> None:
    pack = PackConfig.from_dict(
        {
            "providers": [{**MISSION, "adapter_token": "s3cret"}],
            "senders": {"alertmanager": {"token": "s3cret"}},
        }
    )
    assert "s3cret" not in repr(pack)
    with pytest.raises(InvalidConfig) as refused:
        config(senders={"flowtriq": {"hmac_secret": 12345}})
    assert "12345" not in str(refused.value.as_dict())


def test_a_signed_sender_is_accepted_by_its_signature_alone() -> None:
    sender = config(senders={"flowtriq": {"hmac_secret": "s"}}).senders["flowtriq"]
    assert sender.accepts({"x-flowtriq-signature": sign_hmac("s", b"{}")}, b"{}")
    assert not sender.accepts({"X-Flowtriq-Signature": sign_hmac("t", b"{}")}, b"{}")
    assert not sender.accepts({"Authorization": "Bearer s"}, b"{}")
    assert not sender.accepts({}, b"{}")


def test_a_sender_with_a_token_or_a_password() -> None:
    given = {"token": "t", "username": "am", "password": "pw"}
    sender = config(senders={"alertmanager": given}).senders["alertmanager"]
    assert sender.accepts({"AUTHORIZATION": "Bearer t"}, b"")
    assert sender.accepts({"Authorization": "Basic YW06cHc="}, b"")  # am:pw
    assert not sender.accepts({"Authorization": "Bearer u"}, b"")
    assert not sender.accepts({"Authorization": "Basic YW06cHg="}, b"")  # am:px


@pytest.mark.parametrize("given", [{}, {"token": ""}, {"username": "am"}, {"password": "pw"}])
def test_a_sender_without_a_credential_is_off(given: dict[str, str]) -> None:
    sender = config(senders={"alertmanager": given}).senders["alertmanager"]
    assert not sender.enabled
    assert not sender.accepts({"Authorization": "Bearer "}, b"")


MAGIC_TRANSIT = {
    "account_id": "023e105f4ecef8ad9ca31a8372d0c353",
    "api_token": "cloudflare-token",
    "prefixes": [
        {"prefix": "203.0.112.0/23", "prefix_id": "a1", "bgp_prefix_id": "b1"},
        {"prefix": "203.0.113.0/24", "prefix_id": "a2", "bgp_prefix_id": "b2"},
    ],
}


def test_magic_transit_is_off_unless_it_is_configured() -> None:
    assert config().magic_transit is None
    assert config(magic_transit={"prefixes": []}).magic_transit is None
    found = config(magic_transit=MAGIC_TRANSIT).magic_transit
    assert found is not None
    assert found.dry_run is False
    assert "cloudflare-token" not in repr(config(magic_transit=MAGIC_TRANSIT))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account_id": None}, "account_id"),
        ({"account_id": ""}, "account_id"),
        ({"account_id": "../zones"}, "account_id"),
        ({"api_token": None}, "api_token"),
        ({"api_token": "cloudflare-token\r\nX-Other: 1"}, "api_token"),
        ({"api_token": "cloudflare-token".rjust(5000)}, "api_token"),
        ({"prefixes": []}, "prefixes"),
        ({"base_url": "http://example.net"}, "base_url"),
    ],
)
def test_a_magic_transit_that_cannot_work(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        config(magic_transit={**MAGIC_TRANSIT, **change})
    assert caught.value.field == f"magic_transit.{field}"
    assert "cloudflare-token" not in str(caught.value.as_dict())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"prefix": "203.0.113.1/24"}, "prefix"),
        ({"prefix": "203.0.112.0/23"}, "prefix"),
        ({"prefix_id": "a/b"}, "prefix_id"),
        ({"bgp_prefix_id": None}, "bgp_prefix_id"),
    ],
)
def test_a_magic_transit_prefix_that_cannot_work(change: dict[str, Any], field: str) -> None:
    first, second = MAGIC_TRANSIT["prefixes"]
    with pytest.raises(InvalidConfig) as caught:
        config(magic_transit={**MAGIC_TRANSIT, "prefixes": [first, {**second, **change}]})
    assert caught.value.field == f"magic_transit.prefixes.1.{field}"


def test_a_target_s_magic_transit_prefix_is_the_longest_that_holds_it() -> None:
    found = config(magic_transit=MAGIC_TRANSIT).magic_transit
    assert found is not None

    def ids(target: str) -> list[str]:
        return [it.prefix_id for it in found.prefixes_for(ip_network(target))]

    assert ids("203.0.113.45/32") == ["a2"]
    assert ids("203.0.112.45/32") == ["a1"]
    assert ids("203.0.112.0/22") == ["a2", "a1"]
    assert ids("198.51.100.1/32") == []
    assert ids("2001:db8::1/128") == []
