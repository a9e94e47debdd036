"""Whether one match takes only what another one takes too."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from flowtriq_flowspec.flowspec.components import FLAGS, common_intervals, intervals
from flowtriq_flowspec.flowspec.prefixes import holds

_PREFIXES = ("destination", "source")


def is_within(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> bool:
    """Of two matches in JSON form."""
    return all(name in inner and _part(name, inner[name], value) for name, value in outer.items())


def _part(name: str, inner: Any, outer: Any) -> bool:
    if name in _PREFIXES:
        return holds(ip_network(outer), ip_network(inner))
    if name in FLAGS:
        return _octets(name, inner) <= _octets(name, outer)
    wanted = intervals(name, inner)
    return common_intervals(wanted, intervals(name, outer)) == wanted


def _octets(name: str, value: Any) -> set[int]:
    """The values of the flags' octet that one of the terms takes."""
    terms = value if isinstance(value, list) else [value]
    masks = [_masks(FLAGS[name], term) for term in terms]
    return {octet for octet in range(256) if any(_takes(mask, octet) for mask in masks)}


def _masks(bits: Mapping[str, int], term: Any) -> tuple[int, int, int]:
    """All of these bits, one of these, and none of these."""
    parts = {"any": [term]} if isinstance(term, str) else term
    all_of, any_of, none_of = (
        sum(bits[each] for each in parts.get(key, ())) for key in ("all", "any", "not")
    )
    return all_of, any_of, none_of


def _takes(masks: tuple[int, int, int], octet: int) -> bool:
    all_of, any_of, none_of = masks
    return octet & all_of == all_of and not octet & none_of and (not any_of or bool(octet & any_of))
