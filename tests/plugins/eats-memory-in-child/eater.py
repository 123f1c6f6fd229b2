"""Takes 16 MiB more every 50 ms and never gives any back."""

import signal
import time

STEP_BYTES = 16 * 1024 * 1024
MOST_BYTES = 384 * 1024 * 1024
"""The bound of the damage; six times the limit."""

signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
kept: list[bytearray] = []
try:
    while len(kept) * STEP_BYTES < MOST_BYTES:
        kept.append(bytearray(b"x") * STEP_BYTES)
        time.sleep(0.05)
except MemoryError:
    pass
time.sleep(120)
