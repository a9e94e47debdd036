"""What snmpd asks for jnxFirewallCounterTable (its ``pass_persist``): python snmp_table.py FILE

FILE has a line for each value, "OID NUMBER", and is read anew each time; instead of a number "hang"
stands for an agent that falls silent there, and "string:x" for a value of another type.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from pathlib import Path

Oid = tuple


def oid(text: str) -> Oid:
    return tuple(map(int, text.strip().strip(".").split(".")))


def main(file: Path) -> None:
    for line in sys.stdin:
        if line == "PING\n":
            print("PONG", flush=True)
            continue
        asked = oid(sys.stdin.readline())
        values = dict(line.split() for line in file.read_text().splitlines())
        table = {oid(name): value for name, value in values.items()}
        known = sorted(table)
        place = bisect_right(known, asked)
        found = known[place] if line == "getnext\n" and place < len(known) else asked
        if found not in table or (line == "getnext\n" and found == asked):
            print("NONE", flush=True)
        elif table[found] == "hang":
            sys.stdin.read()  # until snmpd is gone
        else:
            kind, _, value = table[found].rpartition(":")
            dotted = ".".join(["", *map(str, found)])
            print(dotted, kind or "counter64", value, sep="\n", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
