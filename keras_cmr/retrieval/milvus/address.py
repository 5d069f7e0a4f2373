"""What `milvus://[user:password@]host:port/collection` says."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl
from urllib.parse import unquote
from urllib.parse import urlsplit

_PORT = 19530
_TIME_LIMIT = 60.0
_FORM = "'milvus://[user:password@]host[:port]/collection[?timeout=seconds]'"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")


class Address(NamedTuple):
    """A collection on a server.

    Args:
        host: String.
        port: Int.
        user, password: Strings, empty where the server asks for none.
        collection: String.
        time_limit: Float, seconds that one request may take.
    """

    host: str
    port: int
    user: str
    password: str
    collection: str
    time_limit: float

    @classmethod
    def parse(cls, location):
        """Reads a location; see `Gallery.create`."""
        try:
            parts = urlsplit(location)
            port = parts.port or _PORT
        except ValueError as error:
            raise _bad(location, str(error)) from None
        if not parts.hostname:
            raise _bad(location, "a host is missing")
        collection = parts.path.strip("/")
        if not _NAME.fullmatch(collection):
            raise _bad(
                location,
                "the collection must be a name of letters, digits and "
                f"underscores, not {collection!r}",
            )
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        limit = _seconds(location, options.pop("timeout", _TIME_LIMIT))
        if options:
            raise _bad(location, f"unknown option {min(options)!r}")
        return cls(
            parts.hostname,
            port,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            collection,
            limit,
        )

    def __str__(self):
        """The location without what must not be shown."""
        return f"milvus://{self.host}:{self.port}/{self.collection}"


def _seconds(location, text):
    try:
        limit = float(text)
    except ValueError:
        limit = 0.0
    if not 0 < limit < float("inf"):
        raise _bad(location, f"`timeout` must be seconds, not {text!r}")
    return limit


def _bad(location, why):
    shown = re.sub(r"//[^@/]*@", "//***@", location)
    return ValueError(f"`location` must be {_FORM}: {why}. Received: {shown!r}")
