"""A rule in words, as a person types it and as ``describe`` prints it:
``203.0.113.45 udp source-port 53 then rate-limit 10M for 10m``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import unambiguous_json
from ..errors import InvalidRule
from ..refusal_wording import nearest, shown
from .components import FLAGS, NUMERIC, PROTOCOLS
from .units import read_duration, read_rate

EXAMPLE = "203.0.113.45 udp source-port 53 then rate-limit 10M for 10m"
_SHORT = {"sport": "source-port", "dport": "destination-port", "length": "packet-length"}
_FLAG_ACTIONS = ("discard", "drop", "sample", "terminal")
_VALUE_ACTIONS = ("rate-limit", "redirect", "mark", "community", "blackhole")
_COMPONENTS = (*NUMERIC, *FLAGS, "next-header", "traffic-class", *_SHORT)


def typed_rule(text: str) -> tuple[dict[str, Any], int | None]:
    """A rule that a person typed, in words or as JSON: as ``rule_in_words``."""
    if text.lstrip()[:1] not in ("{", "["):
        return rule_in_words([text])
    try:
        said = unambiguous_json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InvalidRule(
            f"the rule is not JSON: {unambiguous_json.not_json(problem)}; example: {EXAMPLE}"
        ) from None
    return match_and_then(said), None


def match_and_then(said: Any) -> dict[str, Any]:
    """Raises InvalidRule for anything else than match and then."""
    if not isinstance(said, dict) or set(said) != {"match", "then"}:
        has = ", ".join(sorted(said)) or "nothing" if isinstance(said, dict) else shown(said)
        raise InvalidRule(f"a rule has match and then, and nothing else; this one has: {has}")
    for name, part in said.items():
        if not isinstance(part, dict):
            raise InvalidRule(f"{name} is {shown(part)}, not a mapping of names to values")
    return said


def rule_in_words(words: Sequence[str]) -> tuple[dict[str, Any], int | None]:
    """(the rule in JSON form, not yet checked; how many seconds it lives, if that is said). Raises
    InvalidRule for what cannot be understood."""
    tokens = _Tokens([part for word in words for part in word.split()])
    match = _match(tokens)
    tokens.expect("then")
    then: dict[str, Any] = {}
    while not then or not (tokens.at_end or tokens.peek == "for"):
        name = tokens.take("an action").rstrip(",")
        _require_new(name, then)
        if name in _FLAG_ACTIONS:
            then[name] = True
        elif name in _VALUE_ACTIONS:
            then[name] = _action_value(name, tokens)
        else:
            raise _unknown(name, "an action", (*_FLAG_ACTIONS, *_VALUE_ACTIONS))
    seconds = None
    if not tokens.at_end:
        tokens.expect("for")
        text = tokens.take("a time such as 10m")
        seconds = read_duration(text)
        if seconds is None:
            raise InvalidRule(
                f"for {text}: not a time; write 90s, 10m, 2h or 1h30m", field="for", value=text
            )
    if not tokens.at_end:
        raise _unknown(tokens.peek, "the end", ())
    return {"match": match, "then": then}, seconds


class _Tokens:
    def __init__(self, tokens: list[str]) -> None:
        self._left = tokens

    @property
    def at_end(self) -> bool:
        return not self._left

    @property
    def peek(self) -> str:
        return self._left[0] if self._left else ""

    def take(self, wanted: str) -> str:
        if not self._left:
            raise InvalidRule(f"the rule ends where {wanted} is needed; for example: {EXAMPLE}")
        return self._left.pop(0)

    def expect(self, word: str) -> None:
        found = self.take(f"the word {word}")
        if found != word:
            raise _unknown(found, f"the word {word}", (word,))


def _match(tokens: _Tokens) -> dict[str, Any]:
    match: dict[str, Any] = {}
    if tokens.peek == "to":
        tokens.take("to")
    match["destination"] = tokens.take("the attacked address")
    while not tokens.at_end and tokens.peek != "then":
        word = tokens.take("a component")
        name = _SHORT.get(word, word)
        protocol = word.lower() if word.lower() in PROTOCOLS else ""
        _require_new("source" if word == "from" else "protocol" if protocol else name, match)
        if word == "from":
            match["source"] = tokens.take("the source")
        elif protocol:
            match["protocol"] = protocol
        elif name in FLAGS:
            match[name] = _flags(tokens)
        elif name in _COMPONENTS:
            match[name] = _list(tokens.take(f"the value of {name}"))
        else:
            raise _unknown(word, "a component", (*_COMPONENTS, *PROTOCOLS, "from", "then"))
    return match


def _require_new(name: str, given: dict[str, Any]) -> None:
    if name in given:
        message = f"{name} is given twice; several values are joined by commas, for example 80,443"
        raise InvalidRule(message, field=name, value=shown(given[name]))


def _flags(tokens: _Tokens) -> Any:
    """``syn``, ``syn,rst`` (any of them), ``syn and not ack``."""
    first = tokens.take("a flag")
    if first != "not" and tokens.peek != "and":
        return first.replace("/", ",").split(",")
    parts: dict[str, list[str]] = {}
    while True:
        key = "not" if first == "not" else "all"
        names = tokens.take("a flag") if first == "not" else first
        parts.setdefault(key, []).extend(names.replace("/", ",").split(","))
        if tokens.peek != "and":
            return parts
        tokens.take("and")
        first = tokens.take("a flag")


def _action_value(name: str, tokens: _Tokens) -> Any:
    text = tokens.take(f"the value of {name}").rstrip(",")
    if name == "community":
        return text.split(",")
    if name == "mark":
        return int(text) if text.isascii() and text.isdigit() else text
    if (
        name == "rate-limit"
        and not tokens.at_end
        and read_rate(f"{text} {tokens.peek.rstrip(',')}", "bps") is not None
    ):
        return f"{text} {tokens.take('a unit')}".rstrip(",")  # 10 Mbit/s
    return text


def _list(text: str) -> Any:
    items = text.split(",")
    return items if len(items) > 1 else items[0]


def _unknown(word: str, wanted: str, known: Sequence[str]) -> InvalidRule:
    near = nearest(word, known)
    return InvalidRule(
        f"{word!r} stands where {wanted} is needed{near or '; for example: ' + EXAMPLE}",
        field="rule",
        value=word,
    )
