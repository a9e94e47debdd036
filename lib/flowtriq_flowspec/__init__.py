"""The library of the pack and its programs. StackStorm imports it first, in sensors and actions."""

import sys

if sys.version_info < (3, 9):  # noqa: UP036  (StackStorm itself still runs on Python 3.8)
    raise RuntimeError(
        f"flowtriq_flowspec needs Python 3.9 or newer; this is Python {sys.version.split()[0]}. "
        "Use a StackStorm whose Python is 3.9 or newer."
    )
