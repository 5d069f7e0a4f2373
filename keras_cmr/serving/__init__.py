"""A gallery answered over HTTP, within limits; `keras-cmr serve` starts it.

Starlette parses and routes, uvicorn speaks HTTP, prometheus-client counts. Not
FastAPI: its typed bodies do not describe a request that is either a form with
a picture or JSON, so nothing would come of its dependence on pydantic. Not the
standard library's `http.server`, which has no limits and says itself that it is
not for production. What is written here is what those leave to the
application: limits, joined calls of the model, health, and errors of one
sentence.
"""

try:
    from keras_cmr.serving.app import application
    from keras_cmr.serving.limits import Limits
    from keras_cmr.serving.server import bound_socket
    from keras_cmr.serving.server import serve
    from keras_cmr.serving.service import Service
except ModuleNotFoundError as error:
    raise ImportError(
        f'Serving needs {error.name}: pip install "keras-cmr[serve]"'
    ) from error

__all__ = ["Limits", "Service", "application", "bound_socket", "serve"]


def __dir__():
    return sorted(__all__)
