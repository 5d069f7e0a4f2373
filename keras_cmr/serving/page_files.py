"""The page: a few files of this package, held in memory."""

import hashlib
from importlib import resources

from starlette.responses import Response
from starlette.routing import Route

# Nothing of it comes from elsewhere, nothing in it is inline, and it sends
# nothing elsewhere; no other page may frame it.
POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)
_KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


def page_routes():
    """A route for each file, and `/` for `index.html`.

    Files are looked up by no name that a client gives: there is nothing to
    climb out of.

    Returns:
        List of Starlette's `Route`s.
    """
    routes = []
    package = resources.files("keras_cmr")
    files = [*(package / "serving" / "page").iterdir()]
    files.append(package / "visualization" / "palette.css")
    for file in files:
        kind = _KINDS.get(file.name.rpartition(".")[2])
        if kind is not None:
            path = "/" if file.name == "index.html" else f"/page/{file.name}"
            routes.append(Route(path, _endpoint(file.read_bytes(), kind)))
    return routes


def _endpoint(content, kind):
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        # Asked for anew each time, answered by 304 until it is another.
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "ETag": tag,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }

    async def endpoint(request):
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, 200, headers, kind)

    return endpoint
