"""A process of the operator's own beside the adapter: it does what nobody should do.

ExaBGP runs ``python meddler.py PIPE``: what a test writes into the pipe goes to ExaBGP as commands.
"""

import sys
import threading
import time
from pathlib import Path

PATH = Path(__file__)


def main() -> None:
    read_all = threading.Thread(target=lambda: [None for _ in iter(sys.stdin.readline, "")])
    read_all.daemon = True
    read_all.start()
    with Path(sys.argv[1]).open() as commands:
        for line in commands:
            sys.stdout.write(line)
            sys.stdout.flush()
    time.sleep(3600)


if __name__ == "__main__":
    main()
