"""What `flowspec up` would refuse or fail at, found before anything is started."""

from __future__ import annotations

import os
import re
import shlex
import socket
import stat
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowtriq_flowspec.config.check import check_adapter
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.config.secrets import where_secrets_are
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import FlowspecError, InvalidConfig
from flowtriq_flowspec.refusal_wording import nearest
from flowtriq_flowspec.validation import require_valid, with_defaults

from .pack.loader import Pack
from .pack.parameters import InvalidParameters, pack_settings
from .stack_config import OURS, StackConfig, program

_ADAPTER = Path("/etc/flowtriq/adapter.yaml")  # where the adapter looks without --config
_RUN = re.compile(r"^\s*run\s+([^;]+);", re.MULTILINE)
_NEIGHBOR = re.compile(r"^\s*neighbor\s+(\S+)\s*\{", re.MULTILINE)
_LINE = re.compile(r"^.*line \d+: *(.*?) *[;{]?$", re.MULTILINE)
_VALIDATE_SECONDS = 30


@dataclass(frozen=True)
class AdapterFile:
    """The adapter's configuration that ExaBGP's names, and the peers' addresses in ExaBGP's."""

    file: Path
    neighbors: frozenset[str]

    @property
    def settings(self) -> Mapping[str, Any]:
        """With the defaults; of a file that ``check_adapter`` finds nothing in."""
        return with_defaults(read_settings(self.file, str(self.file)), "adapter_config")


def findings(config: StackConfig, pack: Pack) -> list[str]:
    """What is wrong in the files of a stack, in a line each."""
    found = [*_database(config.database)]
    if config.console is not None:
        found += _console(config.console)
    settings = None
    try:
        given = config.settings(pack.config_schema)
        complete = pack_settings(pack.config_schema, given)
        settings = PackConfig.from_dict(complete) if pack.ref == OURS else None
    except (FlowspecError, InvalidParameters) as problem:
        text = " ".join(str(problem).split())
        at = str(config.pack_config_file)
        found.append(text if at in text else f"{at}: {text}")
    if config.exabgp is not None:
        found += _exabgp(config.exabgp, settings)
    if settings is not None and config.exporter_adapters:
        found += _exporter(config.exporter_adapters, settings)
    return found


def readable_secrets(config: StackConfig, pack: Pack) -> list[str]:
    """Which files with secrets of the pack everybody on this machine may read."""
    schema = {"properties": pack.config_schema}
    own = config.pack_config_file
    found: dict[Path, str] = {}
    for setting, file in where_secrets_are(config.pack_config, schema):
        place = file or own
        if place.exists() and place.stat().st_mode & stat.S_IROTH:
            found.setdefault(place, setting)
    return [
        f"{place}: everybody on this machine may read the secret {setting}: chmod o-rwx {place}"
        for place, setting in found.items()
    ]


def taken_ports(config: StackConfig, pack: Pack) -> list[str]:
    """Which of the ports that the stack listens on somebody else has."""
    places = []
    if pack.ref == OURS:
        settings = pack_settings(pack.config_schema, config.settings(pack.config_schema))
        webhook = PackConfig.from_dict(settings).webhook
        places.append(("webhook.port", webhook.host, webhook.port))
    for setting, address in (("exporter", config.exporter_address), ("metrics", config.metrics)):
        if address is not None:
            host, _, port = address.rpartition(":")
            places.append((setting, host.strip("[]"), int(port)))
    return [line for place in places for line in _taken(*place)]


def adapter_of(exabgp: Path) -> AdapterFile | None:
    """What ExaBGP's configuration says of the adapter; None where it runs none."""
    text = re.sub(r"#.*", "", exabgp.read_text(encoding="utf-8"))
    neighbors = frozenset(_NEIGHBOR.findall(text))
    for command in _RUN.findall(text):
        words = shlex.split(command)
        if not any("flowtriq-exabgp-adapter" in word for word in words):
            continue
        flags = [word.partition("=") for word in words]
        named = [value for name, _, value in flags if name == "--config" and value]
        if "--config" in words[:-1]:
            named.append(words[words.index("--config") + 1])
        default = os.environ.get("FLOWTRIQ_ADAPTER_CONFIG", str(_ADAPTER))
        return AdapterFile(Path(named[0] if named else default), neighbors)
    return None


def _taken(setting: str, host: str, port: int) -> Iterator[str]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError as problem:
            why = problem.strerror or str(problem)
            yield f"{setting}: cannot listen on {host} port {port}: {why}"


def _database(file: Path) -> Iterator[str]:
    folder = file.parent
    if not folder.is_dir():
        yield f"database: there is no folder {folder}"
    elif file.exists() and not os.access(file, os.R_OK | os.W_OK):
        yield f"database: {file} cannot be read and written by this user"
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield f"database: {folder} cannot be written by this user"


def _console(file: Path) -> Iterator[str]:
    """Its own program looks closer."""
    try:
        given = read_settings(file, str(file))
        require_valid(given, "console", InvalidConfig)
    except FlowspecError as problem:
        text = str(problem)
        yield text if str(file) in text else f"{file}: {text}"
        return
    for setting in ("pack_config", "users"):
        place = file.resolve().parent / given[setting]
        if not place.exists():
            yield f"{file}: {setting}: there is no {place}"


def _exabgp(file: Path, settings: PackConfig | None) -> Iterator[str]:
    try:
        adapter = adapter_of(file)
    except (OSError, UnicodeError, ValueError) as problem:
        yield f"{file}: cannot be read: {getattr(problem, 'strerror', None) or 'no ExaBGP file'}"
        return
    yield from _refused_by_exabgp(file)
    if adapter is None:
        yield f"{file}: no process runs flowtriq-exabgp-adapter, so nothing would be announced"
        return
    found = check_adapter(adapter.file)
    yield from found
    if not found:
        yield from _adapter(file, adapter, settings)


def _adapter(file: Path, adapter: AdapterFile, settings: PackConfig | None) -> Iterator[str]:
    given = adapter.settings
    path = given["socket"]["path"]
    for setting, place in (("socket.path", path), ("database", given["database"])):
        folder = Path(place).parent
        if not folder.is_dir():
            yield f"{adapter.file}: {setting}: there is no folder {folder}"
        elif not os.access(folder, os.W_OK | os.X_OK):
            yield f"{adapter.file}: {setting}: {folder} cannot be written by this user"
    for index, peer in enumerate(given["guardrails"].get("peers", ())):
        if peer["address"] not in adapter.neighbors:
            known = ", ".join(sorted(adapter.neighbors)) or "none"
            yield (
                f"{adapter.file}: guardrails.peers.{index}.address {peer['address']} is no neighbor"
                f" in {file}; its neighbors are: {known}"
            )
    if settings is not None:
        sockets = [each.adapter_socket for each in settings.providers if not each.adapter_url]
        if path not in sockets:
            used = ", ".join(sockets) or "none"
            yield f"{adapter.file}: socket.path {path} is no provider's adapter_socket: {used}"


def _refused_by_exabgp(file: Path) -> Iterator[str]:
    command = [str(program("exabgp")), "validate", str(file)]
    try:
        tried = subprocess.run(
            command, capture_output=True, text=True, timeout=_VALIDATE_SECONDS, check=False
        )
    except FileNotFoundError:
        yield f"exabgp is not installed beside this program ({command[0]}): pip install exabgp"
        return
    except OSError as problem:
        yield f"{command[0]} cannot be run: {problem.strerror}"
        return
    except subprocess.TimeoutExpired:
        return  # a machine that is so busy; ExaBGP itself will say
    if tried.returncode == 0 or "invalid choice" in tried.stderr:  # ExaBGP 4.2 has no validate
        return
    line = _LINE.search(tried.stdout + tried.stderr)
    if line:
        yield f"{file}{_place(file, line[1])}: ExaBGP does not accept this line: {line[1]}"
    else:
        yield f"{file}: ExaBGP does not accept it; to see why: exabgp validate {file}"


def _place(file: Path, said: str) -> str:
    """Where the line is that ExaBGP names: it counts neither comments nor empty lines."""
    wanted = said.split()
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if re.split(r"[;{#]", line, maxsplit=1)[0].split() == wanted:
            return f":{number}"
    return ""


def _exporter(adapters: Mapping[str, str], settings: PackConfig) -> Iterator[str]:
    sockets = {each.name: each.adapter_socket for each in settings.providers}
    for name, path in adapters.items():
        if name not in sockets:
            known = ", ".join(sockets)
            yield (
                f"exporter.adapters: no provider is called {name}{nearest(name, sockets)};"
                f" configured are: {known}"
            ).replace("?;", "?")
        elif sockets[name] != path:
            yield f"exporter.adapters.{name} is {path}; the provider's socket is {sockets[name]}"
