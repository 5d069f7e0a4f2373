"""The process around the application: socket, timeouts, log, signals."""

import contextlib
import functools
import logging
import math
import socket

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from keras_cmr.serving.app import application


def bound_socket(host, port):
    """A socket that has its address and does not listen yet.

    Taken before the model is loaded, so that a port in use is known at once.

    Raises:
        OSError: If there is no such address, or it is in use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol by name: asyncio looks at it before it sets TCP_NODELAY,
    # without which each answer waits 40 ms for the client's acknowledgement.
    bound = socket.socket(family, proto=socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise OSError(
            f"Can't listen on {host} port {port}: {error.strerror}"
        ) from error
    return bound


def serve(
    service,
    bound,
    allow_hosts=None,
    allow_origins=(),
    trust_proxies=(),
    page=True,
):
    """Answers requests until SIGTERM or Ctrl+C, then finishes what it has.

    Args:
        service: `Service`.
        bound: Socket of `bound_socket`.
        allow_hosts, allow_origins: As of `application`.
        trust_proxies: List of addresses or networks whose `X-Forwarded-For`
            says who the client is. Of all others it is ignored.
        page: As of `application`.
    """
    for name in ("keras_cmr.serving", "uvicorn"):
        _log_to_stderr(name)
    seconds = service.limits.seconds
    config = uvicorn.Config(
        application(service, allow_hosts, allow_origins, page),
        http=functools.partial(PromptProtocol, seconds),
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(trust_proxies),
        forwarded_allow_ips=list(trust_proxies),
        limit_concurrency=service.limits.connections,
        timeout_graceful_shutdown=math.ceil(seconds) + 5,
    )
    # Ctrl+C is a way to stop it, no failure.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[bound])


class PromptProtocol(H11Protocol):
    """Closes connections that keep the server waiting for a request.

    uvicorn waits for the first request of a connection, and for the end of
    its headers, without limit, so that a few hundred idle connections would
    lock everybody out. (From headers to answer the application counts time.)

    Args:
        seconds: Float. From the connection or the last answer to the end of
            the next request's headers.
        **kwargs: Of uvicorn.
    """

    def __init__(self, seconds, **kwargs):
        super().__init__(**kwargs)
        self._seconds = seconds
        self._waiting = None

    def connection_made(self, transport):
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self):
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc):
        self._waiting.cancel()
        super().connection_lost(exc)

    def _wait(self):
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = self.loop.call_later(self._seconds, self._give_up)

    def _give_up(self):
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def _log_to_stderr(name):
    handler = logging.StreamHandler()
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    )
    log = logging.getLogger(name)
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)
