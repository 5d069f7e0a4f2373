"""From the body of a request to its fields, within limits of size."""

# Starlette asks for it at the first form only.
import python_multipart  # noqa: F401
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.formparsers import MultiPartParser
from starlette.requests import Request

from keras_cmr.serving.question import FIELDS
from keras_cmr.serving.question import MAX_EXCLUDE
from keras_cmr.serving.question import parse_json
from keras_cmr.serving.refused import Refused

# Of a request without a picture, and of each field of a form beside it.
MAX_FIELD_BYTES = 64 * 1024


async def read_fields(request, max_bytes):
    """Fields of a form (`multipart/form-data`) or of a JSON object.

    Pictures come in forms only: JSON would carry them a third larger, and
    whole in memory.

    Args:
        request: Starlette's `Request`.
        max_bytes: Int. Largest body.

    Returns:
        Dict from name to value, for `question`.

    Raises:
        Refused: 400, 413, 415 or 422.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind.lower() == "multipart/form-data":
        return await _form_fields(_limited(request, max_bytes))
    if kind.lower() == "application/json":
        max_bytes = min(max_bytes, MAX_FIELD_BYTES)
        return await _json_fields(_limited(request, max_bytes))
    raise Refused(
        415, "`Content-Type` must be multipart/form-data or application/json."
    )


def _limited(request, max_bytes):
    """A request whose body ends in an error once it is too long."""
    too_long = Refused(413, f"The body may have at most {max_bytes:,} bytes.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > max_bytes:
        raise too_long
    received = 0

    async def receive():
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > max_bytes:
            raise too_long
        return message

    return Request(request.scope, receive)


async def _json_fields(request):
    try:
        fields = parse_json(await request.body())
    except ValueError as error:
        raise Refused(400, f"The body must be JSON: {error}") from None
    if not isinstance(fields, dict):
        raise Refused(400, "The body must be a JSON object.")
    return fields


async def _form_fields(request):
    parser = _WholeForm(
        request.headers,
        request.stream(),
        max_files=1,
        max_fields=len(FIELDS) + MAX_EXCLUDE,
        max_part_size=MAX_FIELD_BYTES,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Refused(400, error.message) from None
    try:
        fields = {}
        for name in form:
            values = form.getlist(name)
            if name == "exclude":
                fields[name] = values
                continue
            if len(values) > 1:
                raise Refused(422, f"`{name[:40]}` may be given once.")
            fields[name] = await _value(name, values[0])
    finally:
        await form.close()
    return fields


class _WholeForm(MultiPartParser):
    """A form that came to its end: Starlette drops half a part in silence."""

    ended = False

    def on_end(self):
        self.ended = True

    async def parse(self):
        form = await super().parse()
        if not self.ended:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("The form has no end.")
        return form


async def _value(name, value):
    """What a form's text means; browsers send what is left out as empty."""
    if isinstance(value, UploadFile):
        if name != "image":
            raise Refused(422, f"`{name[:40]}` may not be a file.")
        return await value.read() or None
    if name == "image" and value:
        raise Refused(422, "`image` must be a file.")
    if not value:
        return None
    if name == "k":
        return int(value) if value.isdecimal() and len(value) < 10 else value
    if name == "where":
        try:
            return parse_json(value)
        except ValueError as error:
            raise Refused(422, f"`where` must be JSON: {error}") from None
    return value
