"""The adapter on a machine whose clock somebody sets: ``adapter_with_set_clock.py FILE LOG …``.

The clock is off by as many seconds as FILE says at the moment. LOG is the pipe for its log.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from flowtriq_exabgp_adapter.main import main

file, real = Path(sys.argv.pop(1)), time.time
time.time = lambda: real() + float(file.read_text(encoding="ascii"))
os.dup2(os.open(sys.argv.pop(1), os.O_WRONLY), 2)
main()
