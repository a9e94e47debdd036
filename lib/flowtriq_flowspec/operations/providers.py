"""Asking the adapters of several providers at once, and saying on whose behalf."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Callable, Generic, TypeVar

from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import FlowspecError
from .result import Problem

PACK = "flowtriq_flowspec"
"""How the pack calls itself in the adapters' history."""

_LONGEST_USER = 100

T = TypeVar("T")


@dataclass(frozen=True)
class OrderGiver:
    """On whose behalf an order is given. ``caller`` is for people who read the history;
    ``automation``: every provider is given the same order, so that reconcile may pass it on to one
    that missed it."""

    caller: str = PACK
    automation: bool = True


def person(user: str, provider: str | None = None) -> OrderGiver:
    """A person in chat or at a terminal. An order for one ``provider`` stays there."""
    program = f"{PACK} at one provider" if provider else PACK
    return OrderGiver(called(program, user), automation=provider is None)


def called(program: str, user: str) -> str:
    """``program (user)``. A chat user's name may be anything, a caller's is plain ASCII."""
    plain = "".join(each if " " <= each <= "~" else "?" for each in user[:_LONGEST_USER])
    return f"{program} ({plain})" if plain else program


@dataclass(frozen=True)
class Replies(Generic[T]):
    """``answers`` of the providers that answered, ``problems`` of the others."""

    answers: list[tuple[ProviderConfig, T]]
    problems: list[Problem]

    @property
    def values(self) -> list[T]:
        return [answer for _provider, answer in self.answers]

    @property
    def providers(self) -> list[ProviderConfig]:
        """Those that answered."""
        return [provider for provider, _answer in self.answers]


def with_provider(
    answers: Iterable[tuple[ProviderConfig, Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    """Each provider's answer together with its name, in ``provider``."""
    return [{"provider": provider.name, **answer} for provider, answer in answers]


def ask_each(
    providers: Sequence[ProviderConfig],
    question: Callable[[ProviderConfig, AdapterClient], T],
    *,
    hurry: bool = False,
) -> Replies[T]:
    """Put ``question`` to all adapters at once, so that one which is down delays none. ``hurry``:
    someone waits who can go on without an answer."""

    def ask(provider: ProviderConfig) -> T | FlowspecError:
        try:
            with client_of(provider, hurry=hurry) as client:
                return question(provider, client)
        except FlowspecError as error:
            return error

    if len(providers) == 1:
        outcomes = [(providers[0], ask(providers[0]))]  # a thread costs as much as the question
    else:
        with ThreadPoolExecutor(max_workers=len(providers) or 1) as pool:
            outcomes = list(zip(providers, pool.map(ask, providers)))
    return Replies(
        [(each, answer) for each, answer in outcomes if not isinstance(answer, FlowspecError)],
        [
            Problem.of(error, provider=each.name)
            for each, error in outcomes
            if isinstance(error, FlowspecError)
        ],
    )


_HURRY_SECONDS = 2.0


def client_of(provider: ProviderConfig, *, hurry: bool = False) -> AdapterClient:
    hurrying: dict[str, Any] = (
        {"timeout_seconds": _HURRY_SECONDS, "connect_attempts": 1} if hurry else {}
    )
    return AdapterClient(
        provider.adapter_address,
        token=provider.adapter_token,
        ca_file=provider.adapter_ca,
        certificate_file=provider.adapter_certificate,
        **hurrying,
    )


def all_or_one(config: PackConfig, name: str | None) -> Sequence[ProviderConfig]:
    """The configured providers, or the one called ``name``. Raises InvalidConfig."""
    return [config.provider(name)] if name else config.providers


def named(config: PackConfig, names: Iterable[str]) -> list[ProviderConfig]:
    """The providers with these names, each once. Raises InvalidConfig."""
    return [config.provider(name) for name in dict.fromkeys(names)]
