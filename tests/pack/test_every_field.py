"""Each field of each sender with each kind of JSON value, through webhook, poller and playbook.

Whatever stands in a field: no 5xx, no attack lost unless the field is essential and a refusal names
it, no target that was not attacked, and no rule broader than those of the unaltered alert or than
the own match of its vectors.
"""

from __future__ import annotations

import copy
import functools
import hmac
import importlib.util
import json
import logging
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flowspec_dispatch import dispatch
from flowspec_webhooks import WebhookApp
from flowtriq_flowspec import adapter_http
from flowtriq_flowspec.attack import ENDED, Attack, Observed
from flowtriq_flowspec.config.pack import PackConfig, ProviderConfig
from flowtriq_flowspec.playbook.playbook import rules_for
from flowtriq_flowspec.playbook.vectors import catalogue
from flowtriq_flowspec.published_schemas import resolved
from werkzeug.test import Client

from tests.lab.matches import is_within

from .alertmanager import ApiDouble
from .conftest import PACK, SensorService, load_module
from .golden_bodies import CREDENTIALS, FOLDERS, TOKEN

CONFIG: dict[str, Any] = {
    "providers": [{"name": "edge", "escalation": [{"action": "drop", "at_bps": 10**12}]}],
    "senders": {**CREDENTIALS, "fastnetmon": {"token": TOKEN, "use_flow_spec_rules": True}},
}
NUMBERS: list[Any] = [7, "53", [7]]
KINDS: list[Any] = [
    None,
    True,
    *NUMBERS,
    -1,
    0.5,
    10**30,
    "",
    "text",
    "{{ config }} \u0000\n\ud800 <% ctx() %>",
    "x" * 5000,
    [],
    ["text", None],
    {},
    {"a": {"b": [1, {"c": None}]}},
]
Kinds = Callable[[tuple[Any, ...]], list[Any]]


@pytest.fixture(
    params=[10, pytest.param(1, marks=pytest.mark.long)], ids=["a tenth of the kinds", "all kinds"]
)
def kinds_of(request: pytest.FixtureRequest) -> Kinds:
    """The kinds that a place is tried with: a tenth of them, other ones in another place or body,
    so that each kind stands in a tenth of all fields; or all."""
    every = request.param

    def kinds(path: tuple[Any, ...]) -> list[Any]:
        return KINDS[zlib.crc32(repr(path).encode()) % every :: every]

    return kinds


def community(details: str) -> dict[str, Any]:
    """What our script makes of FastNetMon Community's words."""
    path = PACK / "examples/fastnetmon/notify_flowspec.py"
    spec = importlib.util.spec_from_file_location("notify_flowspec", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    body = dict(module.callback(["203.0.113.20", "incoming", "500000", "ban"], details))
    # Community's own JSON, which it stores in Redis, says both.
    body["attack_details"]["total_incoming_traffic_bits"] = 216_000_000
    return body


def golden(name: str, **more: Any) -> dict[str, Any]:
    path = PACK / "tests/payloads" / f"{name}.json"
    return {**json.loads(path.read_text(encoding="utf-8")), **more}


def properties(rules: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in rules.get("properties", {}).items():
        yield name
        yield from properties(inner)
    if "items" in rules:
        yield from properties(rules["items"])


FASTNETMON = {
    *properties(resolved("fastnetmon")),
    *properties(resolved("fastnetmon", "flow_spec_rule")),
}
DUMP_AT = "packet_dump_detailed"
DUMP = golden("fastnetmon/ban-syn-flood")[DUMP_AT]
COMMUNITY = (
    "IP: 203.0.113.20\nAttack type: unknown\nAttack direction: incoming\nAttack protocol: tcp\n"
    "Total incoming traffic: 216 mbps\nTotal incoming pps: 500000 packets per second\n"
    "Incoming tcp pps: 490000 packets per second\nIncoming syn tcp pps: 410000 packets per second\n"
)
OBSERVED = {
    "source_ports": [53],
    "destination_ports": "443",
    "sources": ["198.51.100.0/24"],
    "packet_lengths": ["1024..1500"],
    "protocols": ["udp"],
    "tcp_flags": ["syn"],
    "bps": 5_000_000_000,
    "pps": 400_000,
}
LABELS = {
    "alertname": "Attack",
    "attack_vector": "syn_flood",
    "target": "203.0.113.45",
    "severity": "critical",
    "destination_port": "443",
    "source_port": "1024",
    "source_prefix": "198.51.100.0/24",
    "protocol": "tcp",
    "packet_length": "40..60",
    "tcp_flags": "syn",
    "bps": "5000000000",
    "pps": "400000",
}
# Beside the golden payloads: those that have every field that is read.
FULL: list[tuple[str, str, dict[str, Any]]] = [
    ("fastnetmon", "community", community(COMMUNITY)),
    (
        "fastnetmon",
        "hostgroup with packets",
        golden(
            "fastnetmon/ban-hostgroup",
            hostgroup_networks=["203.0.113.0/24", "198.51.100.0/24", "2001:db8:1::/48"],
            packet_dump_detailed=DUMP,
        ),
    ),
    (
        "fastnetmon",
        "two rules",
        golden(
            "fastnetmon/partial-block",
            # The others are refused, and another value could make them right.
            flow_spec_rules=golden("fastnetmon/partial-block")["flow_spec_rules"][0:3:2],
        ),
    ),
    (
        "fastnetmon",
        "a whole rule",
        golden(
            "fastnetmon/partial-block",
            flow_spec_rules=[
                {
                    "uuid": "7a8e8d3c-5b3f-4b9e-9f6e-2c1d0a1b2c3d",
                    "source_prefix": "198.51.100.0/24",
                    "destination_prefix": "203.0.113.20/32",
                    "source_ports": [53],
                    "destination_ports": [80],
                    "packet_lengths": [777],
                    "protocols": ["tcp"],
                    "tcp_flags": ["syn|ack"],
                    "fragmentation_flags": ["not-a-fragment"],
                    "action_type": "discard",
                    "action": {},
                }
            ],
        ),
    ),
    (
        "generic",
        "all fields",
        {
            "alerts": [
                {
                    "id": "anomaly-17",
                    "status": "started",
                    "target": "203.0.113.45",
                    "vector": "dns_amplification",
                    "severity": "high",
                    "observed": OBSERVED,
                    "started_at": "2026-01-15T03:00:00Z",
                    "summary": "DNS answers",
                }
            ]
        },
    ),
    (
        "alertmanager",
        "all labels",
        {
            **golden("alertmanager/firing"),
            "alerts": [{**golden("alertmanager/firing")["alerts"][0], "labels": LABELS}],
        },
    ),
    (
        "grafana",
        "all labels",
        {
            **golden("grafana/firing"),
            "alerts": [{**golden("grafana/firing")["alerts"][0], "labels": LABELS}],
        },
    ),
    (
        "flowtriq",
        "all fields",
        {
            **golden("flowtriq/attack-start-detailed"),
            "incident": {
                **golden("flowtriq/attack-start-detailed")["incident"],
                "vectors": ["dns_amplification"],
                "inner_ip": "203.0.113.45",
                "tcp_flags": ["syn"],
            },
        },
    ),
]
BODIES = [
    *(
        (sender, path.stem, json.loads(path.read_text(encoding="utf-8")))
        for sender in sorted(FOLDERS)
        for path in sorted((PACK / "tests/payloads" / FOLDERS[sender]).glob("*.json"))
        if path.stem not in ("api-v2-alerts", "partial-block")
    ),
    *FULL,
]
# Without these no attack can be made of an alert. Places as ``place`` writes them.
ESSENTIAL = {
    "fastnetmon": r"action|attack_details|ip|hostgroup_networks(\.\d+)?",
    "generic": r"alerts(\.\d+(\.(id|status|target|vector))?)?",
    "kentik": r"events(\.\d+(\.(alarm(\.(id|state|policy))?|dimensions(\.0(\.\w+)?)?))?)?",
    "flowtriq": r"event_type|timestamp|incident(\.(uuid|attack_family|inner_ip))?"
    r"|node(\.ip_address)?",
    "alertmanager": r"version|alerts(\.\d+(\.(status|fingerprint"
    r"|labels(\.(target|dst_ip|attack_vector|alertname))?))?)?",
}
UNTAKEN = ("ban-outgoing", "test")
ESSENTIAL["grafana"] = ESSENTIAL["alertmanager"]
ESSENTIAL["api"] = r"\d+(\.(status(\.state)?|fingerprint|labels(\.(target|attack_vector))?))?"
# What an attack is called: another word may mean another vector, which is then only limited.
WORDS = re.compile(
    r".*\.(attack_type|vector|policy|attack_family|attack_subtype|vectors(\.\d+)?"
    r"|attack_vector|alertname)"
)


def place(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to each value; of a list of more than ten, the first alone."""
    if at:
        yield at
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*at, key))
    if isinstance(value, list):
        for index, item in enumerate(value[:1] if len(value) > 10 else value):
            yield from places(item, (*at, index))


def is_read(sender: str, path: tuple[Any, ...]) -> bool:
    """FastNetMon's callbacks have a hundred fields; the others' are few."""
    names = [part for part in path if isinstance(part, str)]
    return sender != "fastnetmon" or names[-1] in FASTNETMON


def altered(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


@dataclass(frozen=True)
class Came:
    """What came of one notification. ``targets``: (prefix, whether ended)."""

    status: int
    answer: Any
    attacks: tuple[Attack, ...]
    rules: tuple[tuple[Mapping[str, Any], bool, bool], ...] = ()  # match, discards, approval
    targets: frozenset[tuple[str, bool]] = field(default_factory=frozenset)


@functools.cache
def configured() -> tuple[PackConfig, ProviderConfig]:
    config = PackConfig.from_dict(copy.deepcopy(CONFIG))
    return config, config.providers[0]


def rules_of(attacks: Any) -> tuple[tuple[Mapping[str, Any], bool, bool], ...]:
    found = []
    for attack in attacks:
        if attack.status != ENDED:
            for planned in rules_for(attack, configured()[1]).rules:
                form = planned.rule.to_dict()
                found.append((form["match"], "discard" in form["then"], planned.approval))
    return tuple(found)


def came(status: int, answer: Any, service: SensorService) -> Came:
    payloads = [payload for _trigger, payload in service.dispatched]
    attacks = tuple(Attack.from_payload(json.loads(json.dumps(each))) for each in payloads)
    targets = frozenset(
        (str(target.prefix), attack.status == ENDED)
        for attack in attacks
        for target in attack.targets
    )
    return Came(status, answer, attacks, rules_of(attacks), targets)


def posted(sender: str, body: Any) -> Came:
    """A new sensor takes it, which remembers nothing."""
    if isinstance(body, dict) and body.get("timestamp") == "NOW":
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        body = {**body, "timestamp": now}
    service = SensorService()
    app = WebhookApp(
        configured()[0].senders,
        lambda attack, seen_at: dispatch(service, configured()[0], attack, seen_at),
        lambda _source, _refused: None,
        lambda _incident: [],
        logging.getLogger("fields"),
        max_body_bytes=1_048_576,
    )
    raw = json.dumps(body).encode()
    signature = hmac.new(TOKEN.encode(), raw, "sha256").hexdigest()
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Flowtriq-Signature": f"sha256={signature}"}
    answer = Client(app).post(f"/{sender}", data=raw, headers=headers)
    return came(answer.status_code, answer.get_json(), service)


def problems(
    sender: str, before: Came, after: Came, path: tuple[Any, ...], kind: Any
) -> Iterator[str]:
    """What is wrong with what came of an altered notification."""
    where = place(path)
    if after.status >= 500:
        yield f"{after.status}: {after.answer}"
    lost, new = before.targets - after.targets, after.targets - before.targets
    text = json.dumps(after.answer)
    # An empty list of alerts is nothing to refuse; our own names for a mapped field are JSONPaths.
    named = (
        kind in ([], {})
        or sender == "kentik"
        or any(str(part) in text for part in path if isinstance(part, str) or len(path) == 1)
    )
    if lost and not re.fullmatch(ESSENTIAL[sender], where):
        yield f"lost {sorted(lost)}: {text[:300]}"
    if lost and not named:
        yield f"no answer names the field: {text[:300]}"
    if new:
        yield f"new targets {sorted(new)}"
    own = [
        replace(attack, observed=Observed(), rules=())
        for attack in before.attacks
        if not catalogue()[attack.vector].requires
    ]
    allowed = [*before.rules, *rules_of(own)]
    # Another number is another value, not a broader rule.
    within = has_as_much if kind in NUMBERS else is_within
    for match, discards, approval in after.rules:
        limited_word = WORDS.fullmatch(where) and not discards
        if not limited_word and not any(
            within(match, wider) and discards <= drop and approval >= asked
            for wider, drop, asked in allowed
        ):
            yield f"broader: {match} {'discards' if discards else 'limits'}, not in {allowed}"


def has_as_much(match: Mapping[str, Any], wider: Mapping[str, Any]) -> bool:
    """Whether a match has the components of another one."""
    return set(match) >= set(wider) and match["destination"] == wider["destination"]


def fresh(body: Any) -> Any:
    return {**body, "timestamp": "NOW"} if "timestamp" in body else body


@pytest.mark.parametrize(
    ("sender", "name"), [(sender, name) for sender, name, _body in BODIES], ids=str
)
def test_each_field_of_each_kind(sender: str, name: str, kinds_of: Kinds) -> None:
    (body,) = [fresh(each[2]) for each in BODIES if each[:2] == (sender, name)]
    before = posted(sender, body)
    assert bool(before.targets) == (name not in UNTAKEN), before.answer
    # Without its sample, FastNetMon's counters tell the vector.
    counters = posted(sender, {**body, "packet_dump_detailed": None}) if DUMP_AT in body else before
    wrong = []
    for path in places(body):
        counted = counters if path == (DUMP_AT,) else before
        kinds = kinds_of((name, *path))
        for kind in kinds if is_read(sender, path) else kinds[-1:]:
            after = posted(sender, altered(body, path, kind))
            found = list(problems(sender, counted, after, path, kind))
            wrong += [ascii(f"{place(path)} = {kind!r:.24}: {text}") for text in found]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:40])


def test_each_field_of_an_item_of_the_api(monkeypatch: pytest.MonkeyPatch, kinds_of: Kinds) -> None:
    # The provider's adapter is not there; the sensor asks it with each poll.
    monkeypatch.setattr(adapter_http, "_BACKOFF_SECONDS", 0.0)
    module = load_module(PACK / "sensors" / "alertmanager_sensor.py")
    listed = golden_list()
    with ApiDouble([]) as api:

        def polled(items: Any) -> Came:
            service = SensorService()
            senders = {"alertmanager": {"token": TOKEN, "api_url": api.url}}
            config = {**copy.deepcopy(CONFIG), "senders": senders}
            sensor = module.AlertmanagerSensor(service, config=config, poll_interval=30)
            sensor.setup()
            api.alerts = items
            sensor.poll()
            sensor.cleanup()
            return came(200, service.refused, service)

        before = polled(listed)
        wrong = []
        for path in places(listed):
            for kind in kinds_of(path):
                after = polled(altered(listed, path, kind))
                found = list(problems("api", before, after, path, kind))
                wrong += [ascii(f"{place(path)} = {kind!r:.24}: {text}") for text in found]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:40])


def golden_list() -> Any:
    path = PACK / "tests/payloads/alertmanager/api-v2-alerts.json"
    items = json.loads(path.read_text(encoding="utf-8"))
    return [
        items[0],
        {**items[0], "fingerprint": "2" * 16, "labels": LABELS | {"target": "2001:db8::9"}},
    ]


@pytest.mark.parametrize(
    ("sender", "schema", "definition"),
    [
        ("fastnetmon", "fastnetmon", None),
        ("fastnetmon", "fastnetmon", "flow_spec_rule"),
        ("generic", "generic", "alert"),
        ("flowtriq", "flowtriq", None),
        ("alertmanager", "alertmanager", "alert"),
    ],
)
def test_every_field_of_the_schema_is_posted(
    sender: str, schema: str, definition: str | None
) -> None:
    tried = {path[-1] for who, _name, body in BODIES if who == sender for path in places(body)}
    assert set(properties(resolved(schema, definition))) <= tried
