"""What is embedded in bulk: named pictures in an order, read when needed."""

from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple


class Picture(NamedTuple):
    """One picture on its way.

    Args:
        id: String.
        image: `Path`, `io.BytesIO` of a file's bytes, PIL image or array.
        metadata: Dict.
    """

    id: str
    image: object
    metadata: dict


class Source(NamedTuple):
    """Pictures that can be gone through again and again, in one order.

    Args:
        name: String, for people.
        pictures: Callable that begins anew: an iterator of `Picture`s with
            distinct ids.
        count: Int, or `None` where nobody knows before the end.
    """

    name: str
    pictures: Callable[[], Iterator[Picture]]
    count: int | None
