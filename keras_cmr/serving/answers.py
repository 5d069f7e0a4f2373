"""How answers look: JSON, and errors of one sentence."""

import json
import logging
import math

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from keras_cmr.serving.guard import CLIENT_GONE
from keras_cmr.serving.refused import Refused

_log = logging.getLogger(__name__)


def json_answer(content, status=200, headers=None):
    """A response that nobody keeps.

    Args:
        content: What JSON can hold.
        status: Int.
        headers: Dict of more headers, or `None`.

    Returns:
        Starlette's `Response`.
    """
    # Escaped to ASCII: metadata may hold what UTF-8 can't.
    text = json.dumps(content, allow_nan=False)
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(text, status, headers, "application/json")


async def _refused(request, error):
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    return json_answer({"error": error.sentence}, error.status, headers)


async def _http_exception(request, error):
    content = {"error": error.detail}
    return json_answer(content, error.status_code, error.headers)


async def _gone(request, error):
    return Response(status_code=CLIENT_GONE)


async def _unreachable(request, error):
    _log.error("The gallery can't be reached: %s", error)
    refused = Refused(503, "The gallery can't be reached.", retry_after=1)
    return await _refused(request, refused)


async def _broken(request, error):
    return json_answer({"error": "The server failed; its log says why."}, 500)


ERRORS = {
    Refused: _refused,
    ClientDisconnect: _gone,
    ConnectionError: _unreachable,
    HTTPException: _http_exception,
    Exception: _broken,
}
