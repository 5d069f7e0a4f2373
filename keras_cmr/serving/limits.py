"""How much one client, one request and all requests together may ask for."""

import dataclasses
from numbers import Real

# PIL.Image.MAX_IMAGE_PIXELS, without importing Pillow.
_MAX_PIXELS = 89_478_485


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits of `keras_cmr.serving.application`.

    Decoded pictures take at most `threads` times `pixels` times 8 bytes, with
    the defaults 1.6 GB.

    Args:
        body_bytes: Int. Largest body of a request. Defaults to 10 MiB.
        pixels: Int. Largest picture, width times height, checked before it is
            decoded; at most 89 million, Pillow's own limit. Defaults to 25
            million.
        k: Int. Most hits a search may ask for. Defaults to `100`.
        text_chars: Int. Longest modification. Defaults to `1000`.
        searches_per_minute: Int. Of one client (an IPv4 address or an IPv6
            network of /64); as many at once after a pause. `0` is no limit.
            Defaults to `60`.
        images_per_minute: Int. The same for pictures of the gallery. Defaults
            to `1200`, which is 20 a search.
        seconds: Float. Time for a request from its headers to its answer, and
            for a connection to send headers. Defaults to `10`.
        threads: Int. Requests worked on at the same time. Defaults to `8`.
        waiting: Int. Requests that may wait for a thread. Defaults to `32`.
        connections: Int. Open connections. Defaults to `256`.
        image_side: Int. Longest side, in pixels, of the gallery's pictures as
            they are served; `0` serves none. Defaults to `512`.
    """

    body_bytes: int = 10 * 1024 * 1024
    pixels: int = 25_000_000
    k: int = 100
    text_chars: int = 1000
    searches_per_minute: int = 60
    images_per_minute: int = 1200
    seconds: float = 10.0
    threads: int = 8
    waiting: int = 32
    connections: int = 256
    image_side: int = 512

    def __post_init__(self):
        may_be_zero = (
            "searches_per_minute",
            "images_per_minute",
            "waiting",
            "image_side",
        )
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            kind = Real if field.name == "seconds" else int
            if isinstance(value, bool) or not isinstance(value, kind):
                raise TypeError(
                    f"`{field.name}` must be a number. Received: {value!r}"
                )
            least = 0 if field.name in may_be_zero else 1
            if not value >= least:
                raise ValueError(
                    f"`{field.name}` must be at least {least}. "
                    f"Received: {field.name}={value}"
                )
        if self.pixels > _MAX_PIXELS:
            raise ValueError(
                f"`pixels` must be at most {_MAX_PIXELS}. "
                f"Received: pixels={self.pixels}"
            )
