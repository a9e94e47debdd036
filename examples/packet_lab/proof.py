"""What the lab shows, and holds to: the attack stops at the router, the real service goes on, and
afterwards everything flows again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address

from flowtriq_flowspec.adapter_answers import ClaimDict

from tests.lab.waiting import eventually

from .attacks import PACKETS_PER_SECOND, SYN_FLOOD, SYN_FLOOD_IPV6, Attack, Flood
from .lab import Lab
from .router import Installed
from .stack import RATE_LIMIT_BPS

STOPPED_WITHIN_SECONDS = 2.0
_LOOK_FOR_SECONDS = 2.0
_CAVEATS = {SYN_FLOOD.name: "new", SYN_FLOOD_IPV6.name: "new_ipv6"}
"""What the vector's caveat says: no new TCP session reaches the attacked port."""
_FIRING = 'count(ALERTS{alertname="SynFlood",alertstate="firing"})'
_PATIENCE_SECONDS = 60.0
_TOLERANCE = 1.5
"""A token bucket lets more than its rate pass in a short time."""

Tell = Callable[[str], None]


class NotProven(Exception):
    """Something that the lab should show is not so; says what."""


@dataclass(frozen=True)
class Stop:
    """How one attack ended at the router. From the alert: ``installed_seconds`` to the rule in
    nftables, ``stopped_seconds`` to the last packet at the victim, None for rules that limit; these
    let ``bytes_per_second`` pass."""

    attack: Attack
    rules: int
    installed_seconds: float
    stopped_seconds: float | None
    bytes_per_second: float


def prove(lab: Lab, attacks: Sequence[Attack], tell: Tell) -> list[Stop]:
    """Attack, alert, mitigation, end. Raises NotProven."""
    with ExitStack() as floods:
        for attack in attacks:
            floods.enter_context(Flood(attack, lab.network.outside))
        _require_flow(lab, attacks)
        tell(f"{len(attacks)} attacks arrive at the victim, {PACKETS_PER_SECOND} packets/s each")

        alerted = {}
        for attack in attacks:
            alerted[attack.name] = time.monotonic()
            lab.stack.post(attack)
        first, last = min(alerted.values()), max(alerted.values())
        _pass_until(last + STOPPED_WITHIN_SECONDS + _LOOK_FOR_SECONDS)
        stops = [_stop(lab, attack, alerted[attack.name]) for attack in attacks]
        if lab.router.refused:
            raise NotProven(f"the router refused rules: {lab.router.refused}")
        _require_service(lab, attacks, first, last + STOPPED_WITHIN_SECONDS)
        tell(f"the router holds {len(lab.router.installed)} rules; the real service goes on")
        _require_drops(lab)
        tell("the exporter has the router's drops, over SNMP")

        for attack in attacks:
            lab.stack.post(attack, "resolved")
        _wait(lab, lambda: not lab.router.installed, "the rules are not withdrawn")
        tell("the attacks were reported as ended, and every rule is withdrawn")
        _require_flow(lab, attacks)
    _require_all_service(lab)
    tell("everything flows again")
    return stops


def close_the_loop(lab: Lab, tell: Tell) -> None:
    """The same by real servers: Prometheus notices, Alertmanager notifies. Raises NotProven."""
    began = time.monotonic()

    def told(what: str) -> None:
        tell(f"after {time.monotonic() - began:.1f} s: {what}")

    with Flood(SYN_FLOOD, lab.network.outside):
        _wait(lab, lambda: lab.router.installed, "no rule reached the router")
        told("Prometheus saw the SYN flood, Alertmanager notified, the router has the rule")
        (rule,) = lab.router.installed
        _pass_until(time.monotonic() + 0.2)
        if lab.watcher.arrived(SYN_FLOOD, time.monotonic() - 0.1, time.monotonic())[0]:
            raise NotProven("the attack's packets still arrive")
        series = f'flowtriq_flowspec_rule_packets_total{{rule="{rule}",outcome="dropped"}}'
        _wait(lab, lambda: lab.stack.value(series) > PACKETS_PER_SECOND, "no drops over SNMP")
        told(f"Prometheus has the drops, over SNMP: {lab.stack.value(series):,.0f} packets")
        if lab.stack.value(_FIRING) != 1:
            raise NotProven("the alert ended although the attack goes on")
        reported = [claim.get("reported_pps") for claim in _claims(lab, rule)]
        if not all(reported):
            raise NotProven("the adapter does not know the rate that was reported")
        verdict = f'flowtriq_flowspec_rule_verdict{{rule="{rule}",verdict="working"}}'
        _wait(
            lab, lambda: lab.stack.query(verdict), "the exporter does not say that the rule works"
        )
        told(f"the rule works: it drops in the order of the {reported[0]:,.0f} packets/s reported")
    told("the attack ends")
    _wait(lab, lambda: not lab.stack.query(_FIRING), "the alert does not resolve")
    told("the alert resolves")
    _wait(lab, lambda: not lab.router.installed, "the rule is not withdrawn")
    _wait(lab, lambda: not lab.stack.query(series), "the rule's series stay")
    told("the rule is withdrawn, and its series end")
    _require_all_service(lab)


def _claims(lab: Lab, rule_id: str) -> list[ClaimDict]:
    return [c for rule in lab.stack.client.rules() if rule["id"] == rule_id for c in rule["claims"]]


def _stop(lab: Lab, attack: Attack, alerted: float) -> Stop:
    """Raises NotProven."""
    rules = [each for each in lab.router.installed.values() if _is_for(each, attack)]
    if not rules:
        raise NotProven(f"{attack.name}: the router has no rule; refused: {lab.router.refused}")
    since = alerted + STOPPED_WITHIN_SECONDS
    packets, octets = lab.watcher.arrived(attack, since, since + _LOOK_FOR_SECONDS)
    installed = max(each.since for each in rules) - alerted
    if attack.drops and packets:
        last = (lab.watcher.last(attack) or alerted) - alerted
        raise NotProven(f"{attack.name}: {packets} packets arrived, the last {last:.1f} s after it")
    rate = octets / _LOOK_FOR_SECONDS
    if rate > len(rules) * RATE_LIMIT_BPS / 8 * _TOLERANCE:
        raise NotProven(f"{attack.name}: {rate:,.0f} bytes/s arrive behind {len(rules)} limits")
    last = lab.watcher.last(attack)
    stopped = last - alerted if attack.drops and last is not None else None
    return Stop(attack, len(rules), installed, stopped, rate)


def _is_for(rule: Installed, attack: Attack) -> bool:
    return any(ip_address(target) in rule.match.destination for target in attack.targets)


def _require_flow(lab: Lab, attacks: Sequence[Attack]) -> None:
    """That all of each attack arrives: its packets of the second that follows."""
    now = time.monotonic()
    _pass_until(now + 1.5)
    for attack in attacks:
        arrived, _ = lab.watcher.arrived(attack, now + 0.5, now + 1.5)
        if arrived < PACKETS_PER_SECOND / 2:
            raise NotProven(f"{attack.name}: only {arrived} packets/s arrive at the victim")


def _require_service(lab: Lab, attacks: Sequence[Attack], alerted: float, stopped: float) -> None:
    """That every client is served all the time, except what the vector's caveat says."""
    now = time.monotonic()
    excepted = {_CAVEATS[each.name] for each in attacks if each.name in _CAVEATS}
    for name, client in lab.clients.items():
        if name in excepted:
            served, asked = client.served(stopped, now)
            if served:
                raise NotProven(f"{client.what}: {served} of {asked}, against the vector's caveat")
            continue
        served, asked = client.served(alerted, now)
        if not asked or served < asked:
            problem = client.last_problem()
            raise NotProven(f"{client.what}: {served} of {asked} were served; {problem}")


def _require_drops(lab: Lab) -> None:
    """That the exporter has for each rule what the router has dropped by now, or more."""
    for rule, counts in lab.router.counts().items():
        least = counts["dropped"].packets
        if least:
            _wait(lab, lambda r=rule, m=least: _dropped(lab, r) >= m, f"no drops of {rule}")


def _dropped(lab: Lab, rule: str) -> float:
    """The exporter's packets that a rule dropped; 0 where it has none."""
    labels = f'rule="{rule}"', 'outcome="dropped"'
    for line in lab.stack.metrics():
        name, _, rest = line.partition("{")
        if name == "flowtriq_flowspec_rule_packets_total" and all(it in rest for it in labels):
            return float(line.rpartition(" ")[2])
    return 0.0


def _require_all_service(lab: Lab) -> None:
    since = time.monotonic()
    for client in lab.clients.values():
        _wait(lab, lambda it=client: it.served(since, time.monotonic())[1] >= 3, "a client hangs")
        served, asked = client.served(since, time.monotonic())
        if served < asked:
            problem = client.last_problem()
            raise NotProven(f"{client.what}: {served} of {asked} were served; {problem}")


def _pass_until(then: float) -> None:
    """What is looked at is what happens in this time."""
    time.sleep(max(0.0, then - time.monotonic()))


def _wait(lab: Lab, predicate: Callable[[], object], problem: str) -> None:
    """Raises NotProven, and Ended where a program of the lab has ended."""

    def come_about() -> object:
        lab.stack.require_running()
        return predicate()

    if not eventually(come_about, _PATIENCE_SECONDS):
        raise NotProven(f"{problem}, not within {_PATIENCE_SECONDS:.0f} s")
