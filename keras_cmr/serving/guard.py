"""What happens to every request, whatever its route."""

import json
import logging
import time
from urllib.parse import urlsplit

_log = logging.getLogger(__name__)
# nginx's number; nobody is there to receive it.
CLIENT_GONE = 499


class Guard:
    """Counts, logs, and refuses requests under a foreign name.

    The log line of a request has its route, never its query: what people
    search for is theirs.

    Args:
        app: ASGI application.
        routes: Set of paths that are counted under their names.
        allow_hosts: List of host names, or `None` for all.
        metrics: `Metrics`.
    """

    def __init__(self, app, routes, allow_hosts, metrics):
        self._app = app
        self._routes = routes
        self._allow_hosts = allow_hosts
        self._metrics = metrics

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Of unknown paths there is no end.
        route = scope["path"] if scope["path"] in self._routes else "other"
        status = CLIENT_GONE

        async def noted(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        app = self._app if self._host_allowed(scope) else _foreign_name
        start = time.perf_counter()
        self._metrics.in_flight.inc()
        try:
            await app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - start
            self._metrics.in_flight.dec()
            self._metrics.requests.labels(route, status).inc()
            self._metrics.request_seconds.labels(route).observe(seconds)
            client = scope["client"][0] if scope["client"] else "local"
            _log.info("%s %s %d %.3fs", client, route, status, seconds)

    def _host_allowed(self, scope):
        if self._allow_hosts is None:
            return True
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        try:
            return urlsplit(f"//{host}").hostname in self._allow_hosts
        except ValueError:
            return False


async def _foreign_name(scope, receive, send):
    error = "This server is not called that; it may be, by --allow-host."
    body = json.dumps({"error": error}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send(
        {"type": "http.response.start", "status": 421, "headers": headers}
    )
    await send({"type": "http.response.body", "body": body})
