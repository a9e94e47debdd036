"""The walk by pysnmp, for Python 3.9, where gufo-snmp knows no SHA-2.

pysnmp's own ``bulk_cmd`` looks each request up in its MIBs, which takes half the time of a walk and
says nothing that is needed here; so this speaks to the layer below it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

from pysnmp.entity.rfc3413.cmdgen import BulkCommandGeneratorSingleRun
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import (
    USM_AUTH_HMAC96_SHA,
    USM_AUTH_HMAC128_SHA224,
    USM_AUTH_HMAC192_SHA256,
    USM_AUTH_HMAC256_SHA384,
    USM_AUTH_HMAC384_SHA512,
    USM_PRIV_CFB128_AES,
    CommunityData,
    SnmpEngine,
    Udp6TransportTarget,
    UdpTransportTarget,
    UsmUserData,
)
from pysnmp.hlapi.v3arch.asyncio.lcd import CommandGeneratorLcdConfigurator
from pysnmp.proto.api import v2c

from .config import Community, Credentials
from .snmp_answer import MOST_VALUES, REPETITIONS, TRY_SECONDS, TooMany, Unanswered, Walk

Oid = tuple[int, ...]

_AUTH_PROTOCOLS = {
    "sha": USM_AUTH_HMAC96_SHA,
    "sha224": USM_AUTH_HMAC128_SHA224,
    "sha256": USM_AUTH_HMAC192_SHA256,
    "sha384": USM_AUTH_HMAC256_SHA384,
    "sha512": USM_AUTH_HMAC384_SHA512,
}


def read(
    host: str,
    port: int,
    credentials: Credentials,
    subtrees: Iterable[str],
    timeout_seconds: float,
) -> Walk:
    """See snmp.read."""
    oids = tuple(tuple(map(int, each.split("."))) for each in subtrees)
    bounded = asyncio.wait_for(
        _read(host, port, credentials, oids, timeout_seconds), timeout_seconds
    )
    try:
        return asyncio.run(bounded)
    except asyncio.TimeoutError:
        raise Unanswered(f"no complete answer within {timeout_seconds:g} s") from None
    except PySnmpError as error:
        raise Unanswered(str(error)) from error


async def _read(
    host: str,
    port: int,
    credentials: Credentials,
    subtrees: tuple[Oid, ...],
    timeout_seconds: float,
) -> Walk:
    engine = SnmpEngine()
    try:
        kind = UdpTransportTarget if ip_address(host).version == 4 else Udp6TransportTarget
        target = await kind.create(
            (host, port), timeout=TRY_SECONDS, retries=int(timeout_seconds / TRY_SECONDS)
        )
        configure = CommandGeneratorLcdConfigurator().configure
        name, _ = configure(engine, _pysnmps(credentials), target)
        found = Walk()
        walks = (_walk(engine, name, subtree, found) for subtree in subtrees)
        # All to their end: an answer to one of them would find the engine closed.
        for problem in await asyncio.gather(*walks, return_exceptions=True):
            if problem is not None:
                raise problem
        return found
    finally:
        engine.close_dispatcher()


def _pysnmps(credentials: Credentials) -> Any:
    if isinstance(credentials, Community):
        return CommunityData(credentials.name)
    return UsmUserData(
        credentials.name,
        credentials.auth_passphrase,
        credentials.priv_passphrase,
        _AUTH_PROTOCOLS[credentials.auth_protocol],
        USM_PRIV_CFB128_AES,
    )


async def _walk(engine: SnmpEngine, target: str, subtree: Oid, found: Walk) -> None:
    last = subtree
    counters = found.counters.setdefault(_dotted(subtree), {})
    while True:
        answer = await _bulk(engine, target, last)
        for oid, value in answer:
            if oid[: len(subtree)] != subtree or isinstance(value, v2c.EndOfMibView):
                return  # behind the subtree, or the agent's mark for the end of everything
            if oid <= last:
                raise Unanswered(f"the agent goes round in circles at {_dotted(oid)}")
            if found.size >= MOST_VALUES:
                raise TooMany(f"the agent has more than {MOST_VALUES} values")
            if isinstance(value, v2c.Counter64):
                counters[_dotted(oid[len(subtree) :])] = int(value)
            else:
                found.nonsense += 1
            last = oid
        if not answer:
            return


async def _bulk(engine: SnmpEngine, target: str, after: Oid) -> list[tuple[Oid, Any]]:
    """The next few values after ``after``."""
    answer = asyncio.get_running_loop().create_future()

    def answered(
        _engine: SnmpEngine,
        _handle: int,
        problem: object,
        status: Any,
        _index: object,
        values: Any,
        _context: object,
    ) -> None:
        if answer.done():
            return
        if problem or status:
            why = str(problem) if problem else status.prettyPrint()
            answer.set_exception(Unanswered(why))
        else:
            answer.set_result([(tuple(oid), value) for oid, value in values])

    BulkCommandGeneratorSingleRun().send_varbinds(
        engine,
        target,
        None,
        "",
        0,
        REPETITIONS,
        [(v2c.ObjectIdentifier(after), v2c.null)],
        answered,
    )
    values: list[tuple[Oid, Any]] = await answer
    return values


def _dotted(oid: Oid) -> str:
    return ".".join(map(str, oid))
