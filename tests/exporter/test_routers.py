"""Counters from a real SNMP agent, net-snmp's, through a scrape of the exporter."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.flowspec.rule import parse_match
from flowtriq_flowspec_exporter import config
from flowtriq_flowspec_exporter.adapters import Adapters
from flowtriq_flowspec_exporter.routers import Routers
from flowtriq_flowspec_exporter.scrape import Sources

from ..lab import snmp_agent
from ..lab.snmp_agent import INET6, POLICER, SnmpAgent, index
from .scraping import samples_of, text_of

PACKETS, BYTES = "flowtriq_flowspec_rule_packets_total", "flowtriq_flowspec_rule_bytes_total"
UP, UNASSIGNED = "flowtriq_flowspec_router_up", "flowtriq_flowspec_router_rows_unassigned"
PATIENT, IMPATIENT = 20.0, 0.5  # seconds
OURS = "provider"


def rule(match: dict, **then: object) -> dict:
    """A rule as the adapter's API gives it, as far as it matters here."""
    return {"id": parse_match(match).id, "match": match, "then": then}


ECHO = rule({"destination": "10.11.10.10/32", "icmp-type": 8}, discard=True)
TCP = rule(
    {"destination": "10.11.10.10/32", "protocol": "tcp", "destination-port": 5201},
    **{"rate-limit": 40_000},
)
SIX = rule({"destination": "2001:db8::1/128"}, discard=True)
ECHO_NAME, TCP_NAME = "10.11.10.10,*,icmp-type=8", "10.11.10.10,*,proto=6,dstport=5201"
# As a router showed them.
ROWS = (
    (index(ECHO_NAME), 30, 41_496),
    (index(TCP_NAME), 184, 172_233),
    (index(f"40K_{TCP_NAME}", POLICER), 268, 402_000),
)


pytestmark = pytest.mark.debian


@pytest.fixture
def agent(folder: Path) -> Iterator[SnmpAgent]:
    if reason := snmp_agent.missing():
        pytest.skip(reason)
    with SnmpAgent(folder) as running:
        yield running


def access(folder: Path, *, v2c: bool = True, **changes: str) -> dict:
    """The router's part of the configuration that says how to get in."""
    secrets = {
        "community": snmp_agent.COMMUNITY,
        "auth": snmp_agent.AUTH,
        "priv": snmp_agent.PRIV,
        **changes,
    }
    files = {}
    for name in ("community", "auth", "priv"):
        file = folder / f"{secrets[name]}.secret"
        file.write_text(f"{secrets[name]}\n")
        files[name] = str(file)
    if v2c:
        return {"snmp_v2c": {"community_file": files["community"]}}
    return {
        "snmp_v3": {
            "user": changes.get("user", snmp_agent.USER),
            "auth_passphrase_file": files["auth"],
            "priv_passphrase_file": files["priv"],
        }
    }


def configured(folder: Path, *routers: dict) -> tuple[list, list]:
    file = folder / "exporter.yaml"
    adapter = {"provider": "edge", "adapter_socket": str(folder / "a.sock")}
    routers = [{"provider": "edge", "counters": "juniper", **router} for router in routers]
    file.write_text(yaml.safe_dump({"adapters": [adapter], "routers": routers}))
    return config.from_file(file)


def scrape(
    folder: Path,
    *routers: dict,
    adapter_timeout_seconds: float = PATIENT,
    router_timeout_seconds: float = PATIENT,
) -> dict:
    """{(metric, label value, …): value}; labels in the order of their names, without provider."""
    adapters, found = configured(folder, *routers)
    reader = Adapters(adapters, adapter_timeout_seconds)
    text = text_of(Sources(reader, Routers(found, router_timeout_seconds)))
    return {
        (
            sample.name,
            *(value for label, value in sorted(sample.labels.items()) if label != OURS),
        ): sample.value
        for sample in samples_of(text)
        if sample.name.startswith(("flowtriq_flowspec_rule_", "flowtriq_flowspec_router_"))
    }


def of(samples: dict, metric: str) -> dict:
    """What a scrape has of one metric, without the router."""
    return {key[1:]: value for key, value in samples.items() if key[0] == metric}


@pytest.mark.parametrize("v2c", [True, False], ids=["v2c", "v3"])
def test_packets_and_bytes_of_each_rule(folder, stand_in, agent, v2c):
    stand_in().rules = [ECHO, TCP, SIX]
    agent.set(*ROWS, (index("2001:db8::1/128,*", filter_=INET6), 2**62, 2**33))
    router = agent.address
    samples = scrape(folder, {"address": router, **access(folder, v2c=v2c)})
    assert of(samples, PACKETS) == {
        ("dropped", router, ECHO["id"]): 30,
        ("passed", router, TCP["id"]): 184,
        ("dropped", router, TCP["id"]): 268,
        ("dropped", router, SIX["id"]): 2**62,
    }
    assert of(samples, BYTES) == {
        ("dropped", router, ECHO["id"]): 41_496,
        ("passed", router, TCP["id"]): 172_233,
        ("dropped", router, TCP["id"]): 402_000,
        ("dropped", router, SIX["id"]): 2**33,
    }
    assert of(samples, UP) == {(router,): 1}
    assert of(samples, UNASSIGNED) == {("unknown", router): 0, ("unreadable", router): 0}
    assert 0 < samples[("flowtriq_flowspec_router_response_seconds", router)] < PATIENT


def test_the_meaning_of_the_policers_counter_is_a_setting(folder, stand_in, agent):
    stand_in().rules = [TCP]
    agent.set(*ROWS[1:])
    router = {"address": agent.address, "policer_counts": "passed", **access(folder)}
    assert of(scrape(folder, router), PACKETS) == {
        ("dropped", agent.address, TCP["id"]): 184,
        ("passed", agent.address, TCP["id"]): 268,
    }


def test_a_table_of_many_rows_is_read_to_its_end_and_no_further(folder, stand_in, agent):
    rules = [rule({"destination": f"10.0.{n // 200}.{n % 200 + 1}/32"}) for n in range(35)]
    stand_in().rules = rules
    names = [each["match"]["destination"].replace("/32", ",*") for each in rules]
    others = [(index("10.0.0.1,*", filter_=filter_), 1, 1) for filter_ in ("lo0", "protect-re")]
    agent.set(*((index(name), n, 2 * n) for n, name in enumerate(names)), *others)
    samples = scrape(folder, {"address": agent.address, **access(folder)})
    found = of(samples, PACKETS)
    assert [found[("passed", agent.address, each["id"])] for each in rules] == list(range(35))
    assert of(samples, UNASSIGNED)[("unknown", agent.address)] == 0


def test_the_filter_of_a_routing_instance_is_named(folder, stand_in, agent):
    stand_in().rules = [ECHO]
    agent.set((index(ECHO_NAME, filter_="__flowspec_dirty_inet__"), 5, 6), (index(ECHO_NAME), 7, 8))
    router = {"address": agent.address, "filters": ["__flowspec_dirty_inet__"], **access(folder)}
    assert of(scrape(folder, router), PACKETS) == {("dropped", agent.address, ECHO["id"]): 5}


def test_a_counter_that_starts_again_is_shown_as_it_is(folder, stand_in, agent):
    """To Prometheus a counter that falls was reset, which is what happened."""
    stand_in().rules = [ECHO]
    router = {"address": agent.address, **access(folder)}
    for packets in (1000, 3):
        agent.set((index(ECHO_NAME), packets, packets * 64))
        assert of(scrape(folder, router), PACKETS) == {
            ("dropped", agent.address, ECHO["id"]): packets
        }


def test_a_row_of_no_rule_and_one_of_no_grammar_are_counted(folder, stand_in, agent):
    stand_in().rules = [ECHO]
    garbage = ["accept-bgp", ",", "192.0.2.1,*,colour=red", "192.0.2.1,*" + ",=53" * 15]
    agent.set(ROWS[0], ROWS[1], *((index(name), 9, 9) for name in garbage))
    samples = scrape(folder, {"address": agent.address, **access(folder)})
    assert of(samples, PACKETS) == {("dropped", agent.address, ECHO["id"]): 30}
    assert of(samples, UNASSIGNED) == {
        ("unknown", agent.address): 1,
        ("unreadable", agent.address): len(garbage),
    }


SYN = rule(
    {
        "destination": "203.0.113.45/32",
        "protocol": "tcp",
        "tcp-flags": {"all": ["syn"], "not": ["ack"]},
    },
    **{"rate-limit": 40_000},
)


@pytest.mark.parametrize("without_ack", ["!10", "!:10", "!=10"])
def test_the_syn_rule_however_the_router_writes_it(folder, stand_in, agent, without_ack):
    stand_in().rules = [SYN]
    name = f"203.0.113.45,*,proto=6,tcp-flag:02&{without_ack}"
    agent.set((index(name), 5, 320), (index(f"-589934592K_{name}", POLICER), 7, 448))
    samples = scrape(folder, {"address": agent.address, **access(folder)})
    assert of(samples, PACKETS) == {
        ("passed", agent.address, SYN["id"]): 5,
        ("dropped", agent.address, SYN["id"]): 7,
    }
    assert set(of(samples, UNASSIGNED).values()) == {0}


def test_an_unreadable_name_is_logged_once_with_its_text(folder, agent, caplog):
    agent.set(*((index(name), 9, 9) for name in (ECHO_NAME, "accept-bgp", "192.0.2.1,*,colour=1")))
    _, found = configured(folder, {"address": agent.address, **access(folder)})
    routers = Routers(found, PATIENT)
    routers.read()
    routers.read()
    agent.set((index("accept-bgp"), 9, 9), (index("192.0.2.1,*,proto=x"), 9, 9))
    routers.read()
    told = [it for it in caplog.records if it.message.startswith("the name of")]
    assert sorted(it.args[0] for it in told) == [
        "192.0.2.1,*,colour=1",
        "192.0.2.1,*,proto=x",
        "accept-bgp",
    ]
    assert {(it.provider, it.router) for it in told} == {("edge", agent.address)}
    assert {it.why for it in told} >= {"'colour=1' is not a component, or the second of its name"}


def test_a_router_whose_names_change_all_the_time_does_not_fill_the_log(
    folder, agent, caplog, monkeypatch
):
    monkeypatch.setattr("flowtriq_flowspec_exporter.routers._NAMES_LOGGED", 3)
    agent.set(*((index(f"x{number}"), 9, 9) for number in range(10)))
    _, found = configured(folder, {"address": agent.address, **access(folder)})
    Routers(found, PATIENT).read()
    assert len([it for it in caplog.records if it.message.startswith("the name of")]) == 3


def test_a_number_that_the_router_does_not_give_is_left_out(folder, stand_in, agent):
    stand_in().rules = [ECHO]
    agent.set((index(ECHO_NAME), 30, None))
    samples = scrape(folder, {"address": agent.address, **access(folder)})
    assert of(samples, PACKETS) == {("dropped", agent.address, ECHO["id"]): 30}
    assert of(samples, BYTES) == {}


def test_without_the_adapters_rules_the_counters_are_left_out(folder, stand_in, agent):
    agent.set(*ROWS)
    router = {"address": agent.address, **access(folder)}
    adapter = stand_in()
    adapter.rules = None  # it has a status, and no answer to /v1/rules
    for patience in (PATIENT, 0.1):
        samples = scrape(folder, router, adapter_timeout_seconds=patience)
        assert of(samples, UP) == {(agent.address,): 1}
        assert {**of(samples, PACKETS), **of(samples, UNASSIGNED)} == {}
        adapter.close()


@pytest.mark.quiet
def test_a_router_that_falls_silent_in_mid_walk_costs_its_time_out_and_nothing_else(
    folder, stand_in, agent, tmp_path
):
    stand_in().rules = [ECHO]
    agent.set(*ROWS)
    seconds = 1.5
    with SnmpAgent(tmp_path) as silent:
        silent.set(*((index(f"10.0.0.{n},*"), n, "hang" if n == 35 else n) for n in range(10, 40)))
        routers = [{"address": each.address, **access(folder)} for each in (silent, agent)]
        began = time.monotonic()
        samples = scrape(folder, *routers, router_timeout_seconds=seconds)
        assert time.monotonic() - began < seconds + 3
    assert of(samples, UP) == {(silent.address,): 0, (agent.address,): 1}
    # Half a table is no table: what was read of it is left out.
    assert {key[1] for key in of(samples, PACKETS)} == {agent.address}
    assert {key[1] for key in of(samples, UNASSIGNED)} == {agent.address}
    assert samples[("flowtriq_flowspec_router_response_seconds", silent.address)] >= seconds


def logged(caplog) -> list:
    return [it for it in caplog.records if it.message == "a router did not send its counters"]


@pytest.mark.quiet
@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"user": "nobody"}, "Unknown USM user"),
        ({"auth": "not-the-passphrase"}, "Wrong SNMP PDU digest"),
    ],
)
def test_a_router_that_says_no_is_not_waited_for(folder, agent, caplog, wrong, why):
    _, found = configured(folder, {"address": agent.address, **access(folder, v2c=False, **wrong)})
    began = time.monotonic()
    (reading,) = Routers(found, PATIENT).read()
    assert time.monotonic() - began < PATIENT
    assert reading.rows is None
    (line,) = logged(caplog)
    assert (line.provider, line.router) == ("edge", agent.address)
    assert line.why in (why, "the user, a passphrase or auth_protocol is wrong")  # pysnmp, gufo


def test_routers_that_say_nothing_are_logged_once_and_without_a_secret(
    folder, agent, tmp_path, caplog
):
    """A wrong community, a wrong passphrase, nobody there; and no file with the secret."""
    ways = [
        access(folder, community="not-the-community"),
        access(folder, v2c=False, priv="not-the-passphrase"),
        {"address": SnmpAgent(tmp_path).address, **access(folder)},
        {"snmp_v2c": {"community_file": str(folder / "nothing")}},
    ]
    found = [configured(folder, {"address": agent.address, **way})[1][0] for way in ways]
    routers = Routers(found, IMPATIENT)
    readings = [*routers.read(), *routers.read()]
    assert [reading.rows for reading in readings] == [None] * 2 * len(ways)
    assert sorted(it.why for it in logged(caplog)) == sorted(
        [f"[Errno 2] No such file or directory: '{folder}/nothing'"]
        + [f"no complete answer within {IMPATIENT:g} s"] * 3
    )
    for secret in (snmp_agent.COMMUNITY, snmp_agent.AUTH, snmp_agent.PRIV, "not-the"):
        assert not any(secret in str(vars(record)) for record in caplog.records)


def test_a_rotated_secret_is_read_without_a_restart(folder, agent):
    agent.set(*ROWS)
    file = folder / "rotated"
    file.write_text("old\n")
    _, found = configured(
        folder, {"address": agent.address, "snmp_v2c": {"community_file": str(file)}}
    )
    assert found[0].credentials().name == "old"
    file.write_text(f"{snmp_agent.COMMUNITY}\n")
    (reading,) = Routers(found, PATIENT).read()
    assert reading.rows is not None
    assert len(reading.rows) == len(ROWS)


# --- the configuration ----------------------------------------------------------------------------

V2C = {"snmp_v2c": {"community_file": "/x"}}
V3 = {"user": "u", "auth_passphrase_file": "/x", "priv_passphrase_file": "/x"}


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("10.0.0.1", "10.0.0.1", 161),
        ("10.0.0.1:1161", "10.0.0.1", 1161),
        ("2001:db8::1", "2001:db8::1", 161),
        ("[2001:db8::1]", "2001:db8::1", 161),
        ("[2001:db8::1]:1161", "2001:db8::1", 1161),
    ],
)
def test_addresses(folder, address, host, port):
    _, (router,) = configured(folder, {"address": address, **V2C})
    assert (router.address, router.host, router.port) == (address, host, port)
    assert router.filters == ("__flowspec_default_inet__", "__flowspec_default_inet6__")
    assert router.policer_counts == "dropped"


@pytest.mark.parametrize(
    ("routers", "sentence"),
    [
        ([{"address": "router.example", **V2C}], "must be an IP address"),
        ([{"address": "10.0.0.1:99999", **V2C}], "must be an IP address"),
        ([{"address": "10.0.0.1"}], "either snmp_v3 or snmp_v2c"),
        ([{"address": "10.0.0.1", **V2C, "snmp_v3": V3}], "either snmp_v3 or"),
        ([{"address": "10.0.0.1", "snmp_v2c": {}}], "community_file is missing"),
        ([{"address": "10.0.0.1", "snmp_v2c": {"community": "x"}}], "community"),
        ([{"address": "10.0.0.1", **V2C, "counters": "cisco"}], "allowed are: juniper"),
        ([{"address": "10.0.0.1", **V2C, "provider": "core"}], "not a provider of adapters"),
        ([{"address": "10.0.0.1", **V2C}, {"address": "10.0.0.1:161", **V2C}], "is there already"),
    ],
)
def test_an_unusable_router_is_refused_in_one_sentence(folder, routers, sentence):
    with pytest.raises(InvalidConfig, match=sentence):
        configured(folder, *routers)
