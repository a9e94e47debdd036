"""The calls of AdapterClient that are about an adapter's guardrails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .adapter_answers import ProtectDict, ProtectedPrefixDict, ReloadDict, UnprotectDict

_PROTECTED = "/v1/protected-prefixes"


class GuardrailCalls:
    """Every change needs the role admin. An adapter of 0.1.0 raises NotFound or another Refused."""

    def reload(self, *, reason: str | None = None, caller: str | None = None) -> ReloadDict:
        """Have the adapter read its configuration file again. Raises Refused where the file cannot
        be loaded; the old settings stay then."""
        answer: ReloadDict = self._ask(
            "POST", "/v1/guardrails/reload", {"reason": reason, "caller": caller}
        )
        return answer

    def protected_prefixes(self) -> list[ProtectedPrefixDict]:
        """Those of the configuration file, then those of admins, oldest first."""
        found: list[ProtectedPrefixDict] = self._ask("GET", _PROTECTED)["protected_prefixes"]
        return found

    def protect(
        self,
        prefix: str,
        *,
        reason: str,
        expires_in_seconds: int | None = None,
        expires_at: str | None = None,
        caller: str | None = None,
    ) -> ProtectDict:
        """Protect a prefix until an admin ends that, or until its end, of which one may be given
        (``expires_at``: RFC 3339)."""
        body = {
            "prefix": prefix,
            "reason": reason,
            "expires_in_seconds": expires_in_seconds,
            "expires_at": expires_at,
            "caller": caller,
        }
        answer: ProtectDict = self._ask("POST", _PROTECTED, body)
        return answer

    def unprotect(
        self, prefix: str, *, reason: str | None = None, caller: str | None = None
    ) -> UnprotectDict:
        """End an admin's protection. Raises NotFound."""
        path = f"{_PROTECTED}/{quote(prefix, safe='')}"
        answer: UnprotectDict = self._ask("DELETE", path, {"reason": reason, "caller": caller})
        return answer

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        raise NotImplementedError
