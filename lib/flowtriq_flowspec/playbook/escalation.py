"""The escalation policy: from which observed rate on an attack gets a stricter action than it would
have (docs/adr/0017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..attack import Observed
from ..errors import InvalidConfig, InvalidRule
from ..flowspec.then import Then, parse_then
from ..flowspec.units import in_words

RATE_LIMIT, DISCARD, BLACKHOLE = _ACTIONS = ("rate-limit", "discard", "blackhole")  # ever stricter


@dataclass(frozen=True)
class Step:
    """``at_bps`` is bits per second, ``at_pps`` packets per second; either is enough."""

    action: str
    at_bps: int | None = None
    at_pps: int | None = None

    @property
    def strictness(self) -> int:
        return _ACTIONS.index(self.action)

    def reached(self, observed: Observed) -> str | None:
        """By what, in words; None if it is not."""
        for seen, threshold, unit in (
            (observed.bps, self.at_bps, "bit/s"),
            (observed.pps, self.at_pps, "packets/s"),
        ):
            if seen is not None and threshold is not None and seen >= threshold:
                return (
                    f"observed {in_words(seen, unit)} reaches the step {self.action} at"
                    f" {in_words(threshold, unit)}"
                )
        return None

    def unmeasured(self, observed: Observed) -> str | None:
        """Why it cannot be told whether it is reached; None where it can."""
        seen = {"bps": observed.bps, "pps": observed.pps}
        needed = [key for key in seen if getattr(self, f"at_{key}") is not None]
        if any(seen[key] is not None for key in needed):
            return None
        return f"the step {self.action} is not taken: no {' or '.join(needed)} was observed"


def escalated(
    action: str, steps: Sequence[Step], observed: Observed
) -> tuple[str, tuple[str, ...]]:
    """The action of the strictest step that is reached, or ``action`` if that is as strict; and
    what to tell of it."""
    notes: list[str] = []
    for step in reversed(steps):
        if step.strictness <= _ACTIONS.index(action):
            break
        reached = step.reached(observed)
        if reached:
            return step.action, (*notes, reached)
        unmeasured = step.unmeasured(observed)
        if unmeasured:
            notes.append(unmeasured)
    return action, tuple(notes)


def configured_steps(given: Sequence[Mapping[str, Any]], field: str) -> tuple[Step, ...]:
    """From a provider's setting ``escalation``. Raises InvalidConfig for a step without a
    threshold, and unless each is stricter than the one before it, at no lower a rate."""
    steps = tuple(Step(**item) for item in given)
    last: Step | None = None
    floors: dict[str, int] = {}
    for index, step in enumerate(steps):
        place = f"{field}.{index}"
        thresholds = {
            name: value
            for name, value in (("at_bps", step.at_bps), ("at_pps", step.at_pps))
            if value is not None
        }
        if not thresholds:
            message = f"{place} has neither at_bps nor at_pps; at least one is needed"
            raise InvalidConfig(message, field=f"{place}.at_bps")
        if last is not None and step.strictness <= last.strictness:
            message = f"{place}.action is {step.action}, no stricter than {last.action} before it"
            limit = f"stricter than {last.action}"
            raise InvalidConfig(message, field=f"{place}.action", value=step.action, limit=limit)
        for name, value in thresholds.items():
            floor = floors.get(name, 0)
            if value < floor:
                message = f"{place}.{name} is {value}; at least the {floor} of a laxer step"
                raise InvalidConfig(message, field=f"{place}.{name}", value=value, limit=floor)
        floors.update(thresholds)
        last = step
    return steps


def configured_blackholes(given: Mapping[str, Any], field: str) -> Mapping[str, Then]:
    """From a provider's setting ``blackhole``: what is done to a host of each address family that
    has a next hop. Raises InvalidConfig."""
    blackholes = {}
    for address_family in ("ipv4", "ipv6"):
        name = f"next_hop_{address_family}"
        if name not in given:
            continue
        then = {"blackhole": given[name]}
        if given["communities"]:
            then["community"] = given["communities"]
        try:
            blackholes[address_family] = parse_then(then, address_family)
        except InvalidRule as error:
            key = "communities" if error.field == "then.community" else name
            text = str(error).partition(": ")[2]
            raise InvalidConfig(
                f"{field}.{key}: {text}",
                field=f"{field}.{key}",
                value=error.value,
                limit=error.limit,
            ) from error
    return blackholes


def require_next_hop(
    steps: Sequence[Step], blackholes: Mapping[str, Then], enabled: Sequence[str], field: str
) -> None:
    """Raises InvalidConfig where a step blackholes and no enabled address family could be."""
    if any(step.action == BLACKHOLE for step in steps) and not set(enabled) & set(blackholes):
        names = " or ".join(f"next_hop_{name}" for name in enabled) or "an enabled address family"
        message = f"{field}.blackhole: the step blackhole needs {names}"
        raise InvalidConfig(message, field=f"{field}.blackhole", limit=names)
