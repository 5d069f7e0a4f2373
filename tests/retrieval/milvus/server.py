"""A real Milvus server for tests: started, killed, started again."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

VARIABLE = "KERAS_CMR_MILVUS_PYTHON"
_PORTS = (
    "proxy",
    "proxy_internal",
    "root_coord",
    "query_coord",
    "query_node",
    "data_coord",
    "data_node",
    "index_coord",
    "index_node",
)
_START = 120


class MilvusServer:
    """One server in a folder.

    Args:
        folder: Path. Its data, configuration and log.
        python: Path of a Python that has `milvus`.
    """

    def __init__(self, folder, python):
        names = [f"{name}_port" for name in _PORTS]
        *ports, etcd, peer, self._health = _free_ports(len(names) + 3)
        ports = dict(zip(names, ports, strict=True)) | {"etcd_port": etcd}
        self.port = ports["proxy_port"]
        self._folder = folder
        self._process = None
        prepare = Path(__file__).with_name("prepare_server.py")
        self._binary = subprocess.run(
            [python, prepare, folder, json.dumps(ports)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        etcd_file = folder / "etcd.yaml"
        etcd_file.write_text(_etcd_config(folder, etcd, peer))
        self._environment = os.environ | {
            "DEPLOY_MODE": "STANDALONE",
            "METRICS_PORT": str(self._health),
            "MILVUS_RUN_DIR": str(folder / "run"),
            "LD_LIBRARY_PATH": str(Path(self._binary).parent),
            "ETCD_CONFIG_PATH": str(etcd_file),
        }

    def start(self):
        """Starts it and returns when it is healthy."""
        with open(self._folder / "server.log", "ab") as log:
            self._process = subprocess.Popen(
                [self._binary, "run", "standalone"],
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        url = f"http://127.0.0.1:{self._health}/healthz"
        deadline = time.monotonic() + _START
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "see server.log"
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(url, timeout=5) as answer,
            ):
                if b"OK" in answer.read():
                    return
            time.sleep(0.2)
        raise TimeoutError(f"Milvus did not start: {self._folder}/server.log")

    @property
    def pid(self):
        """Process id of the server."""
        return self._process.pid

    def kill(self):
        """Ends it at once, as a power cut would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def location(self, collection, timeout=60):
        return f"milvus://127.0.0.1:{self.port}/{collection}?timeout={timeout}"


def started(folder):
    """Yields a running server, or skips; ends it afterwards."""
    python = os.environ.get(VARIABLE)
    if not python:
        pytest.skip(f"no Milvus server: set {VARIABLE}, see docs/guides")
    server = MilvusServer(folder, python)
    try:
        server.start()
        yield server
    finally:
        if server._process is not None:
            server.kill()
        # Half a gigabyte; the log stays.
        for name in ("bin", "data"):
            shutil.rmtree(folder / name, ignore_errors=True)


def _etcd_config(folder, client, peer):
    client, peer = (f"http://127.0.0.1:{port}" for port in (client, peer))
    return json.dumps(
        {
            "name": "default",
            "data-dir": str(folder / "etcd"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "log-level": "error",
        }
    )


def _free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
