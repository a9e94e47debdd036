"""The base of this pack's actions: the providers of the configuration and their adapters.

Every answer is a dict. What went wrong is in its ``problems``, one dict each: ``code message`` and,
where known, ``field value limit provider incident``; ``temporary`` says whether it may still pass.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.pack import Approvals, PackConfig, ProviderConfig
from flowtriq_flowspec.errors import FlowspecError, Refused, Temporary
from flowtriq_flowspec.events import RefusalCode
from st2common.runners.base_action import Action

CALLER = "flowtriq_flowspec"  # in the adapters' history
CALLER_AT_ONE = f"{CALLER} at one provider"  # which the others shall not follow (flowspec_orders)
_LONGEST_USER = 100
Answer = Any  # a dict, or (False, dict) for a failed execution


class FlowspecAction(Action):  # type: ignore[misc]
    """Base of all actions; each adds ``run`` with the parameters of its YAML."""

    def providers(self, name: str | None = None) -> Sequence[ProviderConfig]:
        """The configured providers, or the one of that name. Raises InvalidConfig."""
        config = PackConfig.from_dict(self.config)
        return [config.provider(name)] if name else config.providers

    def approvals(self) -> Approvals:
        return PackConfig.from_dict(self.config).approvals

    def ask_each(
        self,
        providers: Sequence[ProviderConfig],
        question: Callable[[ProviderConfig, AdapterClient], Any],
    ) -> tuple[list[tuple[ProviderConfig, Any]], list[dict[str, Any]]]:
        """Put ``question`` to all adapters at once, so that one which is down delays none.

        Returns (provider, answer) of those that answered, and the problems of the others.
        """

        def ask(provider: ProviderConfig) -> Any:
            try:
                with AdapterClient(
                    provider.adapter_address,
                    token=provider.adapter_token,
                    ca_file=provider.adapter_ca,
                    certificate_file=provider.adapter_certificate,
                ) as client:
                    return question(provider, client)
            except FlowspecError as error:
                self.logger.warning("%s: %s", provider.name, error)
                return error

        with ThreadPoolExecutor(max_workers=len(providers) or 1) as pool:
            found = list(zip(providers, pool.map(ask, providers)))
        answers = [(provider, it) for provider, it in found if not isinstance(it, FlowspecError)]
        problems = [
            problem(it, provider=provider.name)
            for provider, it in found
            if isinstance(it, FlowspecError)
        ]
        return answers, problems


def caller(user: str, provider: str | None = None) -> str:
    """Who asks, for the adapters' history, where a person may name one provider."""
    return asked_by(user, CALLER_AT_ONE if provider else CALLER)


def asked_by(user: str, program: str) -> str:
    """``program (user)``. A chat user's name may be anything, a caller's is plain ASCII."""
    plain = "".join(each if " " <= each <= "~" else "?" for each in user[:_LONGEST_USER])
    return f"{program} ({plain})" if plain else program


def problem(error: FlowspecError, **where: Any) -> dict[str, Any]:
    """One item of ``problems``."""
    if isinstance(error, Refused):
        return {**where, **error.as_dict(), "temporary": False}
    return {
        **where,
        "code": RefusalCode.TEMPORARY if isinstance(error, Temporary) else RefusalCode.FAILED,
        "message": str(error),
        "temporary": isinstance(error, Temporary),
    }


def answered(run: Callable[..., Answer]) -> Callable[..., Answer]:
    """Make a refusal of the whole call a failed execution that says why, not a stack trace."""

    @functools.wraps(run)
    def wrapper(self: FlowspecAction, *args: Any, **parameters: Any) -> Answer:
        try:
            return run(self, *args, **parameters)
        except FlowspecError as error:
            return False, {"problems": [problem(error)]}

    return wrapper


def succeeded_unless(problems: Sequence[dict[str, Any]], answer: dict[str, Any]) -> Answer:
    """``answer`` with ``problems``; a failed execution if there are any."""
    return not problems, {**answer, "problems": list(problems)}
