"""Cloudflare Magic Transit: has Cloudflare advertise a prefix on demand, or withdraw it.

The API: https://developers.cloudflare.com/api/resources/addressing/subresources/prefixes/
subresources/bgp_prefixes/ (methods get and edit). How long it takes, and that a good answer means
no more than that the request is registered:
https://developers.cloudflare.com/byoip/concepts/dynamic-advertisement/
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from time import sleep
from typing import TYPE_CHECKING, Any

from .config.magic_transit import MagicTransitPrefix
from .errors import Refused, Temporary
from .events import RefusalCode
from .refusal_wording import shown

if TYPE_CHECKING:
    import requests

BASE_URL = "https://api.cloudflare.com/client/v4"
ATTEMPTS = 3
MAX_WAIT_SECONDS = 60
ALREADY, REQUESTED, DRY_RUN = "already", "requested", "dry_run"


class _NotNow(Temporary):
    """``wait_seconds`` is what the answer asks for, None if it asks for nothing."""

    def __init__(self, message: str, wait_seconds: int | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class _Bearer:
    """As an auth object, not a session header: that one would give way to a .netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class MagicTransitClient:
    """The BGP prefixes of one Cloudflare account. Not for several threads at once.

    Every method raises Refused where Cloudflare says no (any 4xx but 429, never tried again), and
    Temporary where it does not answer, answers 5xx, or 429 (more than 1,200 requests in five
    minutes: https://developers.cloudflare.com/fundamentals/api/reference/limits/). Those are tried
    ``ATTEMPTS`` times. A Retry-After (seconds) of up to ``MAX_WAIT_SECONDS`` is kept to; after a
    longer one nothing is sent again. ``timeout_seconds`` bounds connecting and each silence.
    """

    def __init__(
        self,
        account_id: str,
        api_token: str,
        *,
        base_url: str = BASE_URL,
        timeout_seconds: float = 10.0,
    ) -> None:
        self._url = f"{base_url}/accounts/{account_id}/addressing/prefixes"
        self._api_token = api_token
        self._timeout_seconds = timeout_seconds
        import requests  # only here: who has no Magic Transit does without its 6 MB

        self._session = requests.Session()
        self._session.auth = _Bearer(api_token)

    def __enter__(self) -> MagicTransitClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def bgp_prefix(self, prefix: MagicTransitPrefix) -> dict[str, Any]:
        """Cloudflare's BGP prefix: ``cidr``, ``on_demand`` (``advertised``, ``on_demand_enabled``,
        ``on_demand_locked``), ``bgp_signal_opts`` (``enabled``) and more; any may be missing."""
        return self._ask("GET", prefix)

    def set_advertised(
        self, prefix: MagicTransitPrefix, advertised: bool, *, dry_run: bool = False
    ) -> str:
        """Have Cloudflare advertise the prefix, or withdraw it: REQUESTED, ALREADY or DRY_RUN.

        Advertising takes two to seven minutes, withdrawing about fifteen. Refuses, before it
        switches anything, a BGP prefix of another network than configured and one that the API
        cannot switch: locked, not on demand, or controlled by BGP signals
        (https://developers.cloudflare.com/magic-transit/how-to/advertise-prefixes/).
        """
        found = self.bgp_prefix(prefix)
        _require_same_network(prefix, found.get("cidr"))
        on_demand = found.get("on_demand") or {}
        if on_demand.get("advertised") is advertised:
            return ALREADY
        _require_switchable(prefix, on_demand, found.get("bgp_signal_opts") or {})
        if dry_run:
            return DRY_RUN
        self._ask("PATCH", prefix, {"on_demand": {"advertised": advertised}})
        return REQUESTED

    def _ask(
        self, method: str, prefix: MagicTransitPrefix, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        # Trying a PATCH again is safe: it names the state that is wanted.
        for attempt in range(1, ATTEMPTS):
            try:
                return self._ask_once(method, prefix, body)
            except _NotNow as problem:
                wait_seconds = problem.wait_seconds
                if wait_seconds is not None and wait_seconds > MAX_WAIT_SECONDS:
                    raise
                sleep(attempt if wait_seconds is None else wait_seconds)
        return self._ask_once(method, prefix, body)

    def _ask_once(
        self, method: str, prefix: MagicTransitPrefix, body: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        import requests

        about = f"Cloudflare, asked about {prefix.prefix},"
        try:
            response = self._session.request(
                method,
                f"{self._url}/{prefix.prefix_id}/bgp/prefixes/{prefix.bgp_prefix_id}",
                json=body,
                timeout=self._timeout_seconds,
                allow_redirects=False,
            )
        except requests.Timeout as problem:
            message = f"{about} gave no answer within {self._timeout_seconds:g} seconds"
            raise _NotNow(message) from problem
        except requests.RequestException as problem:
            raise _NotNow(f"{about} cannot be reached: {type(problem).__name__}") from problem
        status = response.status_code
        answer = _json_object(response)
        said = f"{about} answered {status}{self._reasons(answer)}"
        if status == 429 or status >= 500:
            wait_seconds = _retry_after_seconds(response)
            asked = "" if wait_seconds is None else f", to be asked again in {wait_seconds} seconds"
            raise _NotNow(said + asked, wait_seconds)
        if status >= 300 or answer.get("success") is False:
            field = "magic_transit.api_token" if status in (401, 403) else "magic_transit"
            raise Refused(said, field=field, value=status, code=RefusalCode.MAGIC_TRANSIT_REFUSED)
        if not isinstance(answer.get("result"), dict):
            raise _NotNow(f"{said}, but with no result")
        found: dict[str, Any] = answer["result"]
        return found

    def _reasons(self, answer: Mapping[str, Any]) -> str:
        """Cloudflare's ``errors``, each with ``code`` and ``message``, in one line."""
        errors = answer.get("errors")
        reasons = [
            f"{each.get('code')} {each.get('message')}"
            for each in (errors if isinstance(errors, list) else [])
            if isinstance(each, dict)
        ]
        text = "; ".join(reasons).replace(self._api_token, "(secret)")
        return f": {shown(text)}" if text else ""


def _json_object(response: requests.Response) -> dict[str, Any]:
    """The body; empty if it is none of Cloudflare's, such as the error page of a proxy."""
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _retry_after_seconds(response: requests.Response) -> int | None:
    """Cloudflare sends whole seconds; anything else is as good as nothing."""
    text = response.headers.get("Retry-After", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _require_same_network(prefix: MagicTransitPrefix, cidr: object) -> None:
    try:
        if ip_network(str(cidr)) == prefix.prefix:
            return
    except ValueError:
        pass
    raise Refused(
        f"Cloudflare's BGP prefix {prefix.bgp_prefix_id} is {shown(cidr)}, not {prefix.prefix}",
        field="magic_transit.prefixes",
        value=str(prefix.prefix),
        limit=shown(cidr),
        code=RefusalCode.MAGIC_TRANSIT_OTHER_NETWORK,
    )


def _require_switchable(
    prefix: MagicTransitPrefix, on_demand: Mapping[str, Any], bgp_signal: Mapping[str, Any]
) -> None:
    if bgp_signal.get("enabled"):
        why = "is controlled by BGP signals, so its API cannot switch it"
    elif on_demand.get("on_demand_locked"):
        why = "is locked"
    elif on_demand.get("on_demand_enabled") is False:
        why = "is not on demand"
    else:
        return
    raise Refused(
        f"{prefix.prefix} {why} at Cloudflare",
        field="magic_transit.prefixes",
        value=str(prefix.prefix),
        code=RefusalCode.MAGIC_TRANSIT_NOT_SWITCHABLE,
    )
