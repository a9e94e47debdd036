"""The one home of what a refusal says about a value that does not fit its schema. Why a text is no
JSON: unambiguous_json.py; no YAML: config/yaml_file.py.

The house style: the field, its value, what is allowed there with its unit and an example, and the
nearest known name. Never the words of a validator or a parser.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol


class Misfit(Protocol):
    """What is needed of a jsonschema.ValidationError."""

    validator: Any
    validator_value: Any
    instance: Any
    schema: Any


_NUMBER = r"^[0-9]{1,15}(\.[0-9]{1,9})? ?[kKMGT]?"
BIT_RATE = _NUMBER + r"(bit/s|bps)?$(?!\n)"
PACKET_RATE = _NUMBER + r"(packets/s|pps)?$(?!\n)"
"""How rates are written in settings and rules (flowspec/units.py)."""

_FORMS = {
    BIT_RATE: "a number with or without k, M, G or T, for example 10M or 1.5G",
    PACKET_RATE: "a number with or without k, M, G or T, for example 400k or 1.5M",
    "^/": "a whole path, which begins with /",
    r"^https?://[^ /]+(/[^ ]*)?$(?!\n)": "a URL, for example https://st2.example.com/api/v1",
    r"^\$": "a JSONPath, which begins with $, for example $.labels.instance",
    r"^0?[0-7]{3}$(?!\n)": 'an octal mode in quotes, for example "0660"',
    r"^[ -~]+$(?!\n)": "printable ASCII",
    r"^[!-~]{1,127}$": "printable ASCII without spaces, at most 127 characters",
    r"^[!-~]{1,200}$(?!\n)": "printable ASCII without spaces, at most 200 characters",
    r"^[!-~]{1,256}$(?!\n)": "printable ASCII without spaces, at most 256 characters",
    r"^[0-9a-f]{12}$(?!\n)": "an id of a rule: twelve hexadecimal digits, for example 0a1b2c3d4e5f",
    r"^[0-9a-f]{64}$(?!\n)": "a SHA-256: 64 hexadecimal digits in lower case",
    r"^[0-9A-Za-z]+$(?!\n)": "letters and digits alone",
    r"^[a-z][a-z0-9_]{0,31}$(?!\n)": "a name of at most 32 lower-case letters, digits and _,"
    " the first of them a letter",
    r"^[a-z][a-z0-9_]{0,63}$(?!\n)": "a name of at most 64 lower-case letters, digits and _,"
    " the first of them a letter, for example dns_amplification",
    r"^[0-9]{1,5}:[0-9]{1,5}$(?!\n)": "a community, for example 65535:666",
    r"^[0-9]{1,5}((\.\.|-)[0-9]{1,5})?$(?!\n)": "a number or a range such as 0..100",
    r"^[0-9]{1,15}(\.[0-9]{1,15})?$(?!\n)": "a number without unit or exponent, for example 410000",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9]{2}:[0-9]{2})$(?!\n)": (
        "a time with its zone, for example 2026-01-15T03:00:00Z"
    ),
    r"^https://[A-Za-z0-9.:\[\]-]+$(?!\n)": (
        "an https address without a path, for example https://adapter.example.net:8443"
    ),
    r"^https?://[A-Za-z0-9.:\[\]-]+$(?!\n)": (
        "an http or https address without a path, for example http://127.0.0.1:10179"
    ),
    "^https?://": "an http or https address",
    r"^https?://[^ ]+$(?!\n)": "an http or https address without spaces",
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$(?!\n)": (
        "a name of at most 32 letters, digits, _, . and -, which begins with a letter or a digit"
    ),
    r"^(0|[0-9]{1,6}(ms|s|m))$(?!\n)": "a time with ms, s or m, for example 100ms or 1m",
    "^[^/@]+:[0-9]{1,5}$": "HOST:PORT, for example 127.0.0.1:10180",
    r"^([^/@:]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}$(?!\n)": (
        "HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080"
    ),
    r"^[A-Za-z0-9-]{1,64}$(?!\n)": "the name of an HTTP header, for example X-Forwarded-User",
    "^TLS_ECDHE_(RSA|ECDSA)_WITH_"
    "(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305(_SHA256)?)$": (
        "a cipher suite, for example TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    ),
    r"^\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}$(?!\n)": (
        "a bcrypt hash of a password, which begins with $2, for example what htpasswd -nB prints"
    ),
    "^[A-FKMNPRST]( [A-FKMNPRST])*$": "letters of the sources in vectors.md, with spaces between",
    # Of a pack's own files (embedded/…/pack/schemas).
    r"^\w+$": "a name of letters, digits and _",
    r"^[a-z0-9_]+$": "a name of lower-case letters, digits and _",
    r"^trigger(\.[A-Za-z_]\w*)+$": "a path into the trigger, for example trigger.attack",
    r"\{\{": "a Jinja expression, for example {{ ctx().rules }}",
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$": "a version, for example 0.2.0",
    r"^((>|>=|=|<=|<)\s*[0-9]+\.[0-9]+\.[0-9]+(\s*,)?\s*)+$": "versions, for example >=3.8.0",
    "^[^@ ]+@[^@ ]+$": "a mail address",
    r"\S": "a text that is not blank",
}
"""Each pattern of our schemas in words."""

_TYPES = {
    "object": "a mapping of names to values",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}
_UNITS = {
    "bps": "bits per second",
    "pps": "packets per second",
    "rate-limit": "bits per second",
    "packet-length": "bytes",
    **{name: name for name in ("seconds", "minutes", "days", "bytes", "percent")},
}
_BOUNDS = {
    **{"maxItems": "items", "minItems": "items", "maxLength": "characters"},
    **{"minLength": "characters", "minProperties": "entries", "maxProperties": "entries"},
}


def shown(value: object) -> object:
    """A value as a refusal shows it: shortened; of a container only its kind and size."""
    if isinstance(value, (Mapping, list)):
        return f"{_KINDS[dict if isinstance(value, Mapping) else list]} of {len(value)}"
    if isinstance(value, str) and len(value) > 100:
        return f"{value[:100]}… ({len(value)} characters)"
    if isinstance(value, int) and value.bit_length() > 300:
        return f"an integer of {value.bit_length()} bits"
    return value


def nearest(name: object, known: Iterable[object], most: int = 1) -> str:
    """``; did you mean drop?``, or nothing where no known name is near. ``most``: for more than one
    name also less near ones are good enough."""
    by_name = {str(each).lower(): str(each) for each in known}
    cutoff = 0.7 if most == 1 else 0.5
    found = difflib.get_close_matches(str(name)[:100].lower(), by_name, most, cutoff)
    return f"; did you mean {' or '.join(by_name[each] for each in found)}?" if found else ""


def sentence(problem: Misfit, path: str) -> tuple[str, str]:
    """(field, sentence) for what does not fit a schema at ``path``."""
    field = path or "body"
    rule, limit, value = problem.validator, problem.validator_value, problem.instance
    among: Mapping[str, Any] = problem.schema if isinstance(problem.schema, Mapping) else {}
    if rule == "required":
        missing = next(key for key in limit if key not in value)
        field = f"{path}.{missing}" if path else missing
        return field, f"{field} is missing{_example(among, missing)}"
    if rule == "additionalProperties":
        return _unknown(value, among, path)
    if rule in ("oneOf", "anyOf") and all("required" in each for each in limit):
        return field, _one_of(field, value, limit)
    return field, f"{field} {_predicate(rule, limit, value, among, field)}"


def allowed(problem: Misfit, field: str) -> object:
    """What of a refusal a program may want: a bound, the words that are allowed, or in words what
    belongs into ``field``."""
    rule, limit = problem.validator, problem.validator_value
    if rule in ("pattern", "type") and isinstance(problem.schema, Mapping):
        return _wanted(problem.schema, field)
    if rule in ("oneOf", "anyOf"):
        return [" and ".join(each.get("required", ())) for each in limit]
    return limit if isinstance(limit, (str, int, list)) else None


def _predicate(rule: str, limit: Any, value: Any, among: Mapping[str, Any], field: str) -> str:
    secret = among.get("secret")
    if rule in _BOUNDS:
        bound = f"at most {limit} are allowed" if rule.startswith("max") else f"needed: {limit}"
        return f"has {len(value)} {_BOUNDS[rule]}; {bound}"
    if rule in ("maximum", "minimum"):
        word = "most" if rule == "maximum" else "least"
        return f"is {shown(value)}; the {word} allowed is {_with_unit(limit, field)}"
    if rule == "uniqueItems":
        return "names the same twice; once is enough"
    if rule == "const":
        return f"is {_said(value, secret)}; the only value allowed is {json.dumps(limit)}"
    if rule == "enum":
        if not isinstance(value, (str, bool)) and str(value) in limit:
            return f'is the number {value}; allowed is the text "{value}"'
        known = ", ".join(_word(each) for each in limit)
        return f"is {_said(value, secret)}; allowed are: {known}{nearest(value, limit)}"
    if rule == "type" and (isinstance(value, (Mapping, list)) or value is None or secret):
        return f"is {_KINDS.get(type(value), 'something else')}, not {_wanted(among, field)}"
    return f"is {_said(value, secret)}, not {_wanted(among, field)}"


def _unknown(value: Mapping[Any, Any], among: Mapping[str, Any], path: str) -> tuple[str, str]:
    known = set(among.get("properties", {}))
    name = min(str(key) for key in value if key not in known)
    field = ".".join(part for part in (path, shown_name(name)) if part)
    return field, not_known(field, name, sorted(known), "nothing may stand here")


def shown_name(name: str) -> str:
    """As a refusal names it; an empty one too."""
    return str(shown(name)) or '""'


def not_known(field: str, name: str, known: Sequence[str], where_none_is: str) -> str:
    """The sentence for ``field``, whose ``name`` is none of ``known``."""
    names = f"known are: {', '.join(known)}" if known else where_none_is
    return f"{field} is not known here{nearest(name, known)}; {names}".replace("?;", "?")


def _one_of(field: str, value: Mapping[str, Any], limit: Sequence[Mapping[str, Any]]) -> str:
    names = [" and ".join(each["required"]) for each in limit]
    has = [name for name in names if all(part in value for part in name.split(" and "))]
    return f"{field} needs one of {', '.join(names)}; it has {' and '.join(has) or 'none of them'}"


def _wanted(among: Mapping[str, Any], field: str) -> str:
    """What belongs into a field, in words."""
    alternatives = among.get("anyOf") or among.get("oneOf")
    if alternatives:
        return " or ".join(dict.fromkeys(_wanted(each, field) for each in alternatives))
    if "enum" in among:
        return f"one of {', '.join(_word(each) for each in among['enum'])}"
    unit = f" ({_unit(field)})" if _unit(field) else ""
    if "pattern" in among:
        return f"{_FORMS.get(among['pattern'], 'of the form that is needed here')}{unit}"
    given = among.get("type")
    types = [given] if isinstance(given, str) else list(given or ())
    words = " or ".join(_TYPES[each] for each in types) or "what is allowed here"
    numeric = {"integer", "number"}.intersection(types)
    if numeric and "minimum" in among and "maximum" in among:
        words += f" from {among['minimum']} to {among['maximum']}"
    elif numeric and "minimum" in among:
        words += f" of at least {among['minimum']}"
    return f"{words}{unit}{_example(among, field)}"


def _example(among: Mapping[str, Any], field: str) -> str:
    rules = among.get("properties", {}).get(field, among)
    examples = rules.get("examples") or ([rules["default"]] if rules.get("default") else [])
    plain = [each for each in examples if isinstance(each, (str, int, float))]
    return f", for example {_word(plain[0])}" if plain and not rules.get("secret") else ""


def _unit(field: str) -> str:
    name = field.rpartition(".")[2]
    return _UNITS.get(name) or _UNITS.get(name.rpartition("_")[2], "")


def _with_unit(limit: Any, field: str) -> str:
    return f"{limit} {_unit(field)}".rstrip()


def _said(value: object, secret: object) -> str:
    if secret:
        return _KINDS.get(type(value), "something else")
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return repr(shown(value)) if isinstance(value, str) else str(shown(value))


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
