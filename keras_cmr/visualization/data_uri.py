"""Pictures written into the page itself, as `data:` addresses."""

import base64
import io

import matplotlib

from keras_cmr.visualization.pixels import enlarge
from keras_cmr.visualization.pixels import reduce

SMALLEST = 192
LARGEST = 384
THUMBNAIL = 136


def picture_uri(pixels):
    """PNG of a picture.

    Small pictures are enlarged without blur to at least 192 pixels, so that a
    browser, which scales smoothly, keeps their edges; large ones are reduced
    to 384 to keep the page small.
    """
    picture = reduce(enlarge(pixels, SMALLEST), LARGEST)
    stream = io.BytesIO()
    picture.save(stream, format="PNG", optimize=True)
    return _uri("image/png", stream.getvalue())


def thumbnail_uri(pixels):
    """JPEG of a small form of a picture: pages of hundreds stay light."""
    picture = reduce(enlarge(pixels, THUMBNAIL), THUMBNAIL)
    stream = io.BytesIO()
    picture.save(stream, format="JPEG", quality=85)
    return _uri("image/jpeg", stream.getvalue())


def figure_uri(figure):
    """SVG of a Matplotlib figure, the same bytes for the same figure."""
    stream = io.BytesIO()
    with matplotlib.rc_context(
        {"svg.fonttype": "path", "svg.hashsalt": "keras_cmr"}
    ):
        figure.savefig(
            stream, format="svg", transparent=True, metadata={"Date": None}
        )
    return _uri("image/svg+xml", stream.getvalue())


def _uri(kind, content):
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
