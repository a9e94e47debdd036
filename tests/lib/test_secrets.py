"""Secrets in files and in the environment; templates that nobody rendered."""

from __future__ import annotations

from pathlib import Path

import pytest
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.config.secrets import with_secrets
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.published_schemas import resolved

PROVIDER = {"provider": "exabgp_flowspec", "name": "edge", "default_action": "rate-limit"}
BASE = {"providers": [PROVIDER]}
SECRET = "a secret of some length, 0123456789"


def secret_file(folder: Path, text: str = SECRET + "\n") -> str:
    file = folder / "secret"
    file.write_text(text)
    return str(file)


def settled(config: dict, **environment: str) -> dict:
    return with_secrets(config, resolved("config"), environment)


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("generic", "token"),
        ("alertmanager", "token"),
        ("alertmanager", "api_token"),
        ("grafana", "token"),
        ("fastnetmon", "token"),
        ("flowtriq", "hmac_secret"),
    ],
)
def test_a_secret_in_a_file(tmp_path: Path, sender: str, name: str) -> None:
    config = {**BASE, "senders": {sender: {f"{name}_file": secret_file(tmp_path)}}}
    settings = PackConfig.from_dict(config).senders[sender].settings
    assert settings[name] == SECRET
    assert f"{name}_file" not in settings


def test_secrets_of_lists(tmp_path: Path) -> None:
    file = secret_file(tmp_path)
    provider = {**PROVIDER, "adapter_url": "https://10.0.0.2:8443", "adapter_token_file": file}
    custom = {"name": "mine", "token_file": file}
    found = settled({"providers": [provider], "senders": {"custom": [custom]}})
    assert found["providers"][0]["adapter_token"] == SECRET
    assert found["senders"]["custom"][0]["token"] == SECRET


def test_secrets_of_the_environment() -> None:
    found = settled(
        {**BASE, "senders": {"custom": [{"name": "my-own"}]}},
        FLOWSPEC_SECRET_SENDERS_GENERIC_TOKEN=SECRET,
        FLOWSPEC_SECRET_PROVIDERS_EDGE_ADAPTER_TOKEN=SECRET,
        FLOWSPEC_SECRET_SENDERS_CUSTOM_MY_OWN_TOKEN=SECRET,
        FLOWSPEC_FUZZ_ROUNDS="5",
    )
    assert found["senders"] == {
        "generic": {"token": SECRET},
        "custom": [{"name": "my-own", "token": SECRET}],
    }
    assert found["providers"][0]["adapter_token"] == SECRET
    assert "magic_transit" not in found


def test_a_variable_that_names_no_secret_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="FLOWSPEC_SECRET_SENDERS_GENERICK_TOKEN names no"):
        settled(BASE, FLOWSPEC_SECRET_SENDERS_GENERICK_TOKEN=SECRET)


@pytest.mark.parametrize(
    "template", ["{{ st2kv.system.x }}", "x {% if %}", "<% st2kv(x) %>", "${TOKEN}"]
)
@pytest.mark.parametrize("where", ["config", "file", "environment"])
def test_a_template_is_no_secret(tmp_path: Path, template: str, where: str) -> None:
    sender, environment = {}, {}
    if where == "config":
        sender = {"token": template}
    elif where == "file":
        sender = {"token_file": secret_file(tmp_path, template)}
    else:
        environment = {"FLOWSPEC_SECRET_SENDERS_GENERIC_TOKEN": template}
    with pytest.raises(InvalidConfig) as refused:
        settled({**BASE, "senders": {"generic": sender}}, **environment)
    assert "template that nobody rendered" in str(refused.value)
    assert "senders.generic.token" in str(refused.value) or where == "environment"
    assert template not in str(refused.value.as_dict())


@pytest.mark.parametrize(
    ("sender", "problem"),
    [
        ({"token": SECRET, "token_file": "/x"}, "token and senders.generic.token_file are the"),
        ({"token_file": "/nowhere/x"}, "token_file: /nowhere/x cannot be read: No such file"),
        ({"token_file": "x"}, "token_file is x; it must be a whole path"),
        ({"token_file": "/dev/null"}, "token_file: /dev/null is empty"),
        ({"token_file": "/dev/zero"}, "has more than 4096 characters"),
        ({"token_file": "@file"}, "@file has more than one line"),
        ({"token_file": 5}, "senders.generic.token_file is 5, not a whole path"),
    ],
)
def test_what_cannot_be_the_secret_is_refused(tmp_path: Path, sender: dict, problem: str) -> None:
    if sender["token_file"] == "@file":
        sender = {"token_file": secret_file(tmp_path, "one line\nanother\n")}
        problem = problem.replace("@file", sender["token_file"])
    with pytest.raises(InvalidConfig, match=problem):
        PackConfig.from_dict({**BASE, "senders": {"generic": sender}})


def test_a_mark_of_the_encoding_is_no_part_of_a_secret(tmp_path: Path) -> None:
    file = secret_file(tmp_path, "\ufeff" + SECRET + "\r\n")
    found = settled({**BASE, "senders": {"generic": {"token_file": file}}})
    assert found["senders"]["generic"]["token"] == SECRET


def test_an_empty_variable_is_no_secret() -> None:
    """It would switch the sender off."""
    with pytest.raises(InvalidConfig, match="FLOWSPEC_SECRET_SENDERS_GENERIC_TOKEN is empty"):
        settled(BASE, FLOWSPEC_SECRET_SENDERS_GENERIC_TOKEN="")


def test_what_stackstorm_fills_in_counts_as_left_out() -> None:
    sender = {"token": SECRET, "token_file": None, "password": None, "password_file": None}
    config = PackConfig.from_dict({**BASE, "senders": {"generic": sender, "grafana": None}})
    assert config.senders["generic"].settings["token"] == SECRET
