"""Servers in processes of their own, and plain HTTP to them."""

import contextlib
import http.client
import json
import re
import subprocess
import sys
from pathlib import Path

from tests.serving.conftest import wait_until

ROOT = Path(__file__).parents[2]


class Server:
    """A running `keras-cmr serve`.

    Args:
        process: `subprocess.Popen`.
        port: Int.
        said: String, its first line.
    """

    def __init__(self, process, port, said):
        self.process, self.port, self.said = process, port, said

    def ask(self, method, path, body=None, headers=None):
        """Status, headers and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, 20)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def search(self, headers=None, **fields):
        """Status and JSON of one search."""
        status, _, body = self.ask(
            "POST",
            "/search",
            json.dumps(fields),
            {"Content-Type": "application/json", **(headers or {})},
        )
        return status, json.loads(body)


@contextlib.contextmanager
def running(gallery, *options, module="tests.serving.fake_cli", model="any"):
    """A server that is ready, and ends with the block."""
    command = [sys.executable, "-m", module, "serve", str(gallery)]
    process = subprocess.Popen(
        [*command, "--model", str(model), "--port", "0", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stdout.readline()
        found = re.search(r":(\d+)", said)
        assert found, said + process.stderr.read()
        server = Server(process, int(found[1]), said)
        wait_until(lambda: _ready(server), 60)
        yield server
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _ready(server):
    try:
        return server.ask("GET", "/healthz")[0] == 200
    except ConnectionRefusedError:
        return False
