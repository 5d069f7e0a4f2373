"""Run by test_crashes.py: writes to galleries in processes that get killed.

Takes lines of JSON: `folder`, `seed`, `kinds`, `after` (seconds from the first
write to the kill) and `slow` (whether strace delays each file operation).
Answers each with a line: how many writes had returned by then.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import warnings

warnings.simplefilter("ignore")

import datetime  # noqa: E402

import lance  # noqa: E402, F401

from keras_cmr.retrieval import Gallery  # noqa: E402
from keras_cmr.retrieval.local import table  # noqa: E402
from keras_cmr.retrieval.scann import load_scann  # noqa: E402
from tests.retrieval.fake_model import FakeModel  # noqa: E402
from tests.retrieval.local.writes import perform  # noqa: E402
from tests.retrieval.local.writes import writes  # noqa: E402

# Files are joined and old ones dropped all the time.
table._MANY_FILES = 5
table._VERSIONS_BETWEEN = 6
table._KEPT = datetime.timedelta(0)
OPERATIONS = (
    "openat,write,pwrite64,rename,renameat,renameat2,link,linkat,unlink,"
    "unlinkat,mkdir,mkdirat,fsync,ftruncate,rmdir"
)
with contextlib.suppress(ImportError):
    load_scann()


def write(folder, seed, kinds, told, go):
    gallery = Gallery.open(folder, FakeModel())
    os.write(told, b"r")
    os.read(go, 1)
    for step in writes(seed, kinds):
        perform(gallery, step)
        os.write(told, b".")


def slowed(pid):
    tracer = subprocess.Popen(
        [
            *("strace", "-f", "-p", str(pid), "-o", "/dev/null"),
            *("-e", f"trace={OPERATIONS}"),
            *("-e", f"inject={OPERATIONS}:delay_enter=3000"),
        ],
        stderr=subprocess.PIPE,
    )
    tracer.stderr.readline()  # "Process ... attached"
    return tracer


for line in sys.stdin:
    order = json.loads(line)
    told, told_to = os.pipe()
    go_from, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            write(
                order["folder"], order["seed"], order["kinds"], told_to, go_from
            )
        finally:
            os._exit(1)
    os.close(told_to)
    os.read(told, 1)
    tracer = slowed(pid) if order["slow"] else None
    os.write(go, b"g")
    time.sleep(order["after"])
    os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    if tracer:
        tracer.communicate()
    count = 0
    while some := os.read(told, 1 << 16):
        count += len(some)
    for end in (told, go_from, go):
        os.close(end)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    print(count if killed else "ended by itself", flush=True)
