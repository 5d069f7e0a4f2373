"""The routes of a server."""

import asyncio
import contextlib

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Route

from keras_cmr.serving.answers import ERRORS
from keras_cmr.serving.answers import json_answer
from keras_cmr.serving.body import read_fields
from keras_cmr.serving.guard import Guard
from keras_cmr.serving.page_files import page_routes
from keras_cmr.serving.question import browse_question
from keras_cmr.serving.question import question
from keras_cmr.serving.rate_limiter import RateLimiter
from keras_cmr.serving.refused import Refused
from keras_cmr.serving.workers import Workers

_PICTURE_HEADERS = {
    "Cache-Control": "private, max-age=60",
    "X-Content-Type-Options": "nosniff",
}


def application(service, allow_hosts=None, allow_origins=(), page=True):
    """An ASGI application that answers searches of a gallery.

    `POST /search`, `GET /images?id=`, `GET /healthz`, `GET /metrics`, and
    the page at `/`, which asks `GET /about` and `GET /gallery` too; see
    docs/guides/serving.md. `id` is no part of a path, for ids may look like
    paths, and browsers and proxies rewrite `a/../b` before it arrives.

    Args:
        service: `Service`.
        allow_hosts: List of names by which clients may call this server, or
            `None` for all. A server for one machine should name itself alone:
            else any web page can read from it, by a name of its own that
            leads to 127.0.0.1.
        allow_origins: List of origins (`"https://shop.example"`) whose pages
            may read answers.
        page: Bool. Whether there is the page, and with it a way to leaf
            through the gallery.

    Returns:
        An ASGI application.
    """
    endpoints = _Endpoints(service)
    routes = [
        Route("/search", endpoints.search, methods=["POST"]),
        Route("/images", endpoints.images),
        Route("/healthz", endpoints.healthz),
        Route("/metrics", endpoints.metrics),
    ]
    if page:
        routes += [
            *page_routes(),
            Route("/about", endpoints.about),
            Route("/gallery", endpoints.gallery),
        ]

    @contextlib.asynccontextmanager
    async def lifespan(_):
        service.health.start()
        yield
        service.health.stop()
        endpoints.workers.close()

    starlette = Starlette(
        routes=routes,
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=allow_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["Content-Type"],
            )
        ]
        if allow_origins
        else [],
        exception_handlers=ERRORS,
        lifespan=lifespan,
    )
    starlette.router.redirect_slashes = False
    return Guard(
        starlette,
        {route.path for route in routes},
        allow_hosts,
        service.metrics,
    )


class _Endpoints:
    def __init__(self, service):
        limits = service.limits
        self.workers = Workers(limits.threads, limits.waiting)
        self._service = service
        self._limits = limits
        self._searches = RateLimiter(limits.searches_per_minute)
        self._pictures = RateLimiter(limits.images_per_minute)

    async def search(self, request):
        self._searches.take(_client(request))
        end = asyncio.get_running_loop().time() + self._limits.seconds
        try:
            async with asyncio.timeout_at(end):
                fields = await read_fields(request, self._limits.body_bytes)
        except TimeoutError:
            raise Refused(408, "The request arrived too slowly.") from None
        asked = question(fields, self._limits)
        return json_answer(await self._work(end, self._service.search, asked))

    async def images(self, request):
        self._pictures.take(_client(request))
        id, most = request.query_params.get("id"), self._limits.image_side
        side = request.query_params.get("side", str(most))
        if not most or id is None:
            raise Refused(404, "There is no picture of this id.")
        if not (side.isdecimal() and len(side) < 6 and 1 <= int(side) <= most):
            raise Refused(422, f"`side` must be an integer from 1 to {most}.")
        content = await self._in_time(self._service.picture, id, int(side))
        return Response(content, 200, _PICTURE_HEADERS, "image/jpeg")

    async def about(self, request):
        self._pictures.take(_client(request))
        return json_answer(await self._in_time(self._service.about))

    async def gallery(self, request):
        self._pictures.take(_client(request))
        asked = browse_question(request.query_params, self._limits)
        return json_answer(await self._in_time(self._service.some, *asked))

    async def healthz(self, request):
        trouble = self._service.health.trouble
        return json_answer(
            {
                "status": trouble or "ready",
                "images": self._service.health.images,
            },
            503 if trouble else 200,
        )

    async def metrics(self, request):
        kind = "text/plain; version=0.0.4; charset=utf-8"
        text = self._service.metrics.text()
        return Response(text, headers={"Content-Type": kind})

    async def _in_time(self, function, *args):
        end = asyncio.get_running_loop().time() + self._limits.seconds
        return await self._work(end, function, *args)

    async def _work(self, end, function, *args):
        try:
            async with asyncio.timeout_at(end):
                return await self.workers.run(function, *args)
        except TimeoutError:
            raise Refused(504, "The answer took too long.") from None


def _client(request):
    return request.client.host if request.client else "local"
