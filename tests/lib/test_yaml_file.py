"""YAML files that an operator writes, with the mistakes that YAML itself forgives."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    return read_settings(path, "tokens_file")


def test_a_setting_that_is_written_twice_is_refused_and_named(tmp_path: Path) -> None:
    text = "guardrails:\n  protected_prefixes: [a]\n  max_rules: 5\n  protected_prefixes: [b]\n"
    with pytest.raises(
        InvalidConfig, match=r"tokens_file: (.|\n)*protected_prefixes is written twice(.|\n)*line 4"
    ):
        read(tmp_path, text)


def test_the_same_name_in_two_places_is_no_repetition(tmp_path: Path) -> None:
    text = "one: &base {a: 1}\ntwo: {a: 2}\nthree: {<<: *base, a: 3}\nlist: [{a: 1}, {a: 1}]\n"
    found = read(tmp_path, text)
    assert found == {
        "one": {"a": 1},
        "two": {"a": 2},
        "three": {"a": 3},
        "list": [{"a": 1}, {"a": 1}],
    }


def test_a_moment_stays_as_it_is_written(tmp_path: Path) -> None:
    assert read(tmp_path, "at: 2026-01-15T03:00:00Z\nn: 5\n") == {
        "at": "2026-01-15T03:00:00Z",
        "n": 5,
    }


def test_no_object_is_made_of_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig):
        read(tmp_path, "a: !!python/object/apply:os.getcwd []")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"tokens_file: .*No such file"):
        read_settings(tmp_path / "nowhere", "tokens_file")


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: &a {b: [{c: *a}]}\n"])
def test_a_value_that_holds_itself_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidConfig, match="a value holds itself"):
        read(tmp_path, text)


def test_a_value_in_two_places_does_not_hold_itself(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &a [1]\nb: [*a, *a]\n") == {"a": [1], "b": [[1], [1]]}


def test_a_template_without_quotes_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="put quotes around a template") as refused:
        read(tmp_path, "a: 1\ntoken: {{ st2kv.system.x }}\n")
    assert "line 2" in str(refused.value)


def _bomb(levels: int) -> str:
    """Nine to the power of ``levels`` values in some hundred characters."""
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize("begin", ["[", "{a: ", "- "])
def test_what_is_nested_too_deeply_is_refused_at_once(tmp_path: Path, begin: str) -> None:
    began = time.process_time()
    with pytest.raises(InvalidConfig, match="nested too deeply"):
        read(tmp_path, begin * 2000)
    assert time.process_time() - began < 1  # 10 s once


def test_aliases_that_multiply_are_refused_at_once(tmp_path: Path) -> None:
    """What walks through the settings would need hours, and all of the memory."""
    path = tmp_path / "bomb.yaml"
    path.write_text(_bomb(4))
    assert len(read_settings(path, str(path))) == 4
    path.write_text(_bomb(30))
    with pytest.raises(InvalidConfig, match=r"its aliases \(\*\) make more than 1000000 values"):
        read_settings(path, str(path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"a: {'9' * 5000}\n", "a number has too many digits"),
        ("a: 1\n---\nb: 2\n", "a second document begins; a file has one"),
    ],
)
def test_it_is_said_in_our_words(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(InvalidConfig, match=said) as refused:
        read_settings(path, str(path))
    assert "sys." not in str(refused.value)
