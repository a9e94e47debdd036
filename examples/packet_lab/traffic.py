"""What a router's flow export tells in a real network, as a metric: new TCP sessions asked for, by
target and port, counted where packets come in, before any FlowSpec rule drops them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from .network import TO_OUTSIDE, Namespace

_TABLE = """
table inet traffic {{
  set syn {{ type ipv4_addr . inet_service; flags dynamic; size 65536; counter; }}
  set syn_ipv6 {{ type ipv6_addr . inet_service; flags dynamic; size 65536; counter; }}
  chain incoming {{
    type filter hook prerouting priority -300;
    iif {link} tcp flags & (syn|ack) == syn update @syn {{ ip daddr . tcp dport }}
    iif {link} tcp flags & (syn|ack) == syn update @syn_ipv6 {{ ip6 daddr . tcp dport }}
  }}
}}
"""


class Traffic(Collector):
    """Serves lab_syn_packets_total at ``address`` (HOST:PORT); use as a context manager."""

    def __init__(self, namespace: Namespace, address: str) -> None:
        self._namespace = namespace
        self.address = address

    def __enter__(self) -> Traffic:
        self._namespace.run("nft", "-f", "-", given=_TABLE.format(link=TO_OUTSIDE))
        registry = CollectorRegistry()
        registry.register(self)
        host, _, port = self.address.rpartition(":")
        self._server, self._thread = start_http_server(int(port), host, registry)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def collect(self) -> Iterator[CounterMetricFamily]:
        found = CounterMetricFamily(
            "lab_syn_packets",
            "Packets that ask for a TCP session, before any FlowSpec rule.",
            labels=["target", "destination_port"],
        )
        answer = json.loads(self._namespace.run("nft", "-j", "list", "table", "inet", "traffic"))
        for each in answer["nftables"]:
            for element in each.get("set", {}).get("elem", ()):
                target, port = element["elem"]["val"]["concat"]
                found.add_metric([target, str(port)], element["elem"]["counter"]["packets"])
        yield found
