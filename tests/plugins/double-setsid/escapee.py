"""Was started in a session of its own; leaves it for another one, and its parent with it."""

import os
import signal
import time

if os.fork():
    os._exit(0)
os.setsid()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(120)
