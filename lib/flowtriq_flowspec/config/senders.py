"""The senders' part of the configuration: who may post alerts, and how each one authenticates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import InvalidConfig

# Actions read this configuration too, and never a notification: the modules of the senders are
# imported where one is read.
if TYPE_CHECKING:
    from ..senders import Parsed


@dataclass(frozen=True)
class SenderConfig:
    """One alert source: its settings and its credentials. ``kind`` is a key of
    SENDERS; several senders of kind custom have names of their own."""

    name: str
    kind: str
    settings: Mapping[str, Any] = field(repr=False)  # holds secrets

    @property
    def enabled(self) -> bool:
        """A sender without a credential is off."""
        given = self.settings.get
        password = given("username") and given("password")
        return bool(given("hmac_secret") or given("token") or password)

    def parse(self, body: Mapping[str, Any]) -> Parsed:
        """The attacks of a notification. Raises InvalidAlert."""
        from ..senders import SENDERS

        return SENDERS[self.kind](body, self.settings)

    def sent_at(self, body: Any, now: float) -> float | None:
        """When a signed notification was sent, by its own word; None where it does not say so, or
        nothing is signed. Raises InvalidAlert where it is too old, or of the future."""
        from ..senders import replay

        max_age_seconds = self.settings.get("max_age_seconds")
        if not self.settings.get("hmac_secret") or not max_age_seconds:
            return None
        field_name, value = self._timestamp(body)
        sent = replay.sent_at(value)
        if sent is not None:
            replay.require_recent(sent, now, max_age_seconds, field_name, value)
        return sent

    def _timestamp(self, body: Any) -> tuple[str, Any]:
        if self.kind == "custom":
            from ..senders import custom

            return custom.timestamp(body, self.settings)
        return "timestamp", body.get("timestamp") if isinstance(body, Mapping) else None

    def accepts(self, headers: Mapping[str, str], raw_body: bytes) -> bool:
        """Whether a request authenticates as this sender. Header names in any case.

        Where a signature is configured, it must fit; otherwise the token or the password must fit.
        """
        from ..senders.signature import verify_basic, verify_bearer, verify_hmac

        by_name = {name.lower(): value for name, value in headers.items()}
        given = self.settings.get
        if given("hmac_secret"):
            signature = by_name.get("x-flowtriq-signature")
            return verify_hmac(given("hmac_secret"), raw_body, signature)
        authorization = by_name.get("authorization")
        token_fits = verify_bearer(given("token"), authorization)
        password_fits = verify_basic(given("username"), given("password"), authorization)
        return token_fits or password_fits


def sender_configs(given: dict[str, Any]) -> Mapping[str, SenderConfig]:
    """By name, from the setting ``senders``. Raises InvalidConfig for a name that is taken and for
    an invalid path."""
    others = given.pop("custom")
    senders = {name: SenderConfig(name, name, item) for name, item in given.items()}
    for index, item in enumerate(others):
        name = item["name"]
        if name in senders or name == "custom":
            field_name = f"senders.custom.{index}.name"
            message = f"{field_name} is {name!r}, the name of another sender"
            raise InvalidConfig(message, field=field_name, value=name)
        from ..senders import custom

        custom.check(item, f"senders.custom.{index}")
        senders[name] = SenderConfig(name, "custom", item)
    return senders
