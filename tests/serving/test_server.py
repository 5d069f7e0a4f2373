"""Real processes, real sockets."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from typer.testing import CliRunner

from keras_cmr.cli import app
from tests.serving import bombs
from tests.serving.forms import HEADERS
from tests.serving.forms import form
from tests.serving.forms import part
from tests.serving.processes import ROOT
from tests.serving.processes import running


@pytest.fixture(scope="module")
def server(made):
    """One that gives up after a second."""
    with running(
        made[0], "--time-limit", "1", "--searches-per-minute", "0"
    ) as server:
        yield server


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def until_closed(connection):
    """What comes until the server closes, and the seconds it took."""
    start, received = time.monotonic(), b""
    while chunk := connection.recv(4096):
        received += chunk
    return received, time.monotonic() - start


def test_it_says_where_and_for_whom(server):
    assert server.said == (
        f"13 images on http://127.0.0.1:{server.port}, for this machine only. "
        "Open it in a browser.\n"
    )


def test_a_search_and_its_picture(server, made):
    content = form(
        part(b"image", made[1][5].read_bytes(), b"5.png"), part(b"k", b"3")
    )
    status, headers, body = server.ask("POST", "/search", content, HEADERS)
    assert status == 200 and "server" not in headers
    hits = json.loads(body)["hits"]
    assert hits[0]["id"] == "id/5" and hits[0]["score"] > 0.999
    status, _, body = server.ask("GET", "/images?id=id%2F5&side=20")
    assert status == 200 and body.startswith(b"\xff\xd8\xff")


def test_ten_clients(server, made):
    numbers = range(12)
    alone = [
        server.search(reference_id=f"id/{n}", text="red")[1]["hits"]
        for n in numbers
    ]
    with ThreadPoolExecutor(10) as pool:
        together = list(
            pool.map(
                lambda n: server.search(
                    reference_id=f"id/{n % 12}", text="red"
                ),
                range(60),
            )
        )
    assert [status for status, _ in together] == [200] * 60
    for number, (_, answer) in enumerate(together):
        ids = [hit["id"] for hit in answer["hits"]]
        assert ids == [hit["id"] for hit in alone[number % 12]]


def test_what_is_no_http(server):
    for sent in (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00" * 10 + b"\r\n\r\n",
        b"POST /search HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ):
        with connect(server) as connection:
            connection.sendall(sent)
            received, _ = until_closed(connection)
        assert received.startswith(b"HTTP/1.1 400"), received
        assert b"Traceback" not in received
    assert server.ask("GET", "/healthz")[0] == 200


def test_other_names(server):
    answer = server.ask("GET", "/healthz", headers={"Host": "evil.example"})
    assert answer[0] == 421
    answer = server.ask("GET", "/healthz", headers={"Host": "localhost:1"})
    assert answer[0] == 200


def test_a_body_too_large(server):
    body = form(part(b"image", bytes(11 * 1024 * 1024), b"a.png"))
    status, _, answer = server.ask("POST", "/search", body, HEADERS)
    assert status == 413 and "10,485,760" in json.loads(answer)["error"]
    # In chunks, which do not say how many will come.
    status, _, answer = server.ask(
        "POST", "/search", iter([body[:6_000_000], body[6_000_000:]]), HEADERS
    )
    assert status == 413
    bomb = form(part(b"image", bombs.png(30_000, 30_000), b"a.png"))
    status, _, answer = server.ask("POST", "/search", bomb, HEADERS)
    assert status == 413 and "pixels" in json.loads(answer)["error"]


def test_a_body_that_does_not_come(server):
    with connect(server) as connection:
        connection.sendall(
            b"POST /search HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        received, seconds = until_closed(connection)
    assert received.startswith(b"HTTP/1.1 408")
    assert 0.9 < seconds < 5


@pytest.mark.parametrize("first", [b"", b"GET /heal"])
def test_a_request_that_does_not_come(server, first):
    with connect(server) as connection:
        connection.sendall(first)
        received, seconds = until_closed(connection)
    assert received == b""
    assert 0.9 < seconds < 5


def test_headers_that_come_slowly(server):
    with connect(server) as connection:
        start = time.monotonic()
        with pytest.raises(OSError):
            for byte in b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: " * 9:
                connection.sendall(bytes([byte]))
                time.sleep(0.1)
        assert 0.9 < time.monotonic() - start < 6


def test_a_connection_is_kept_for_the_next_request(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(3):
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        local = connection.sock.getsockname()
        time.sleep(0.5)
    assert connection.sock.getsockname() == local
    connection.close()


def test_answers_do_not_wait_for_acknowledgements(server):
    """TCP_NODELAY: else each takes 40 ms, and none of these is quicker."""
    connection, waits = http.client.HTTPConnection("127.0.0.1", server.port), []
    for _ in range(20):
        start = time.perf_counter()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        waits.append(time.perf_counter() - start)
    connection.close()
    assert min(waits[1:]) < 0.03


def test_an_answer_too_late(server):
    status, answer = server.search(reference_id="id/1", text="slow")
    assert (status, list(answer)) == (504, ["error"])


def test_idle_connections_shut_nobody_out_for_long(made):
    with running(
        made[0], "--max-connections", "6", "--time-limit", "2"
    ) as server:
        idle = [connect(server) for _ in range(8)]
        time.sleep(0.2)
        assert server.ask("GET", "/healthz")[0] == 503
        time.sleep(2.2)
        assert server.ask("GET", "/healthz")[0] == 200
        for connection in idle:
            connection.close()


def test_proxies(made):
    """Each proxied client has a rate of its own if the proxy is trusted."""
    options = ["--searches-per-minute", "1"]
    for trusted, statuses in (
        (["--trust-proxy", "127.0.0.1"], [200, 200, 429]),
        ([], [200, 429, 429]),
    ):
        with running(made[0], *options, *trusted) as server:
            found = [
                server.search(
                    headers={"X-Forwarded-For": address}, reference_id="id/1"
                )[0]
                for address in ("203.0.113.1", "203.0.113.2", "203.0.113.1")
            ]
        assert found == statuses


def test_sigterm_finishes_what_is_in_flight(made):
    with running(made[0]) as server, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.search, reference_id="id/1", text="slow")
        time.sleep(0.4)
        server.process.send_signal(signal.SIGTERM)
        status, body = answer.result()
        assert status == 200 and len(body["hits"]) == 10
        _, log = server.process.communicate(timeout=20)
    assert server.process.returncode == -signal.SIGTERM
    assert "127.0.0.1 /search 200" in log
    for words in ("slow", "id/1", "Traceback"):
        assert words not in log
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_mistakes_are_one_line(made):
    def refused(*options):
        words = ["serve", str(made[0]), "--model", "x", *map(str, options)]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 2
        assert result.output.count("\n") == 1
        return result.output

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}: Address already in use" in refused("--port", port)
    assert "`k` must be at least 1" in refused("--max-k", 0)
    # An address of documentation, which no machine has.
    elsewhere = refused("--port", 0, "--host", "192.0.2.1")
    assert "Can't listen on 192.0.2.1" in elsewhere


def test_without_the_extra(made):
    code = (
        "import sys; sys.modules['uvicorn'] = None\n"
        "from keras_cmr.cli import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "serve", made[0], "--model", "x"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert result.stderr == (
        'keras-cmr: Serving needs uvicorn: pip install "keras-cmr[serve]"\n'
    )


def test_help_needs_neither_tensorflow_nor_the_extra():
    code = (
        "import sys\nfrom typer.testing import CliRunner\n"
        "from keras_cmr.cli import app\n"
        "result = CliRunner().invoke(app, ['serve', '--help'])\n"
        "assert result.exit_code == 0 and '--max-k' in result.output\n"
        "assert not {'tensorflow', 'keras', 'starlette'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
