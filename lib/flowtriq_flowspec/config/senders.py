"""The senders' part of the configuration: who may post alerts, and how each shows that it is it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidConfig
from ..senders import SENDERS, Parsed, custom
from ..senders.signature import verify_basic, verify_bearer, verify_hmac


@dataclass(frozen=True)
class SenderConfig:
    """One alert source: its settings and what it must show to be believed. ``kind`` is a key of
    SENDERS; several senders of kind custom have names of their own."""

    name: str
    kind: str
    settings: Mapping[str, Any] = field(repr=False)  # holds secrets

    @property
    def enabled(self) -> bool:
        """A sender without a credential is off."""
        said = self.settings.get
        return bool(said("hmac_secret") or said("token") or (said("username") and said("password")))

    def parse(self, body: Mapping[str, Any]) -> Parsed:
        """What a notification of this sender says; raises InvalidAlert."""
        return SENDERS[self.kind](body, self.settings)

    def accepts(self, headers: Mapping[str, str], raw_body: bytes) -> bool:
        """Whether a request comes from this sender. ``headers`` by any spelling of their names.

        A configured signature is always asked for; else one of token and password must fit.
        """
        by_name = {name.lower(): value for name, value in headers.items()}
        said = self.settings.get
        if said("hmac_secret"):
            signature = by_name.get("x-flowtriq-signature")
            return verify_hmac(said("hmac_secret"), raw_body, signature)
        authorization = by_name.get("authorization")
        token_fits = verify_bearer(said("token"), authorization)
        password_fits = verify_basic(said("username"), said("password"), authorization)
        return token_fits or password_fits


def sender_configs(given: dict[str, Any]) -> Mapping[str, SenderConfig]:
    """By name, from the setting ``senders``. Raises InvalidConfig for a name that is taken and for
    a path that is none."""
    others = given.pop("custom")
    senders = {name: SenderConfig(name, name, item) for name, item in given.items()}
    for index, item in enumerate(others):
        name = item["name"]
        if name in senders or name == "custom":
            field_name = f"senders.custom.{index}.name"
            message = f"{field_name} is {name!r}, which another sender is called already"
            raise InvalidConfig(message, field=field_name, value=name)
        custom.check(item, f"senders.custom.{index}")
        senders[name] = SenderConfig(name, "custom", item)
    return senders
