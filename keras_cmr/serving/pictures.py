"""Pictures from clients, looked at before they are decoded, and for them."""

import io

from PIL import Image
from PIL import ImageOps

from keras_cmr.picture_file import open_picture
from keras_cmr.retrieval.images import UnreadableImage
from keras_cmr.retrieval.images import decode
from keras_cmr.serving.refused import Refused

# Pillow knows some forty formats, one of which calls another program.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def uploaded_picture(content, max_pixels):
    """Decodes what a client sent, as `Gallery.add` does files.

    Args:
        content: Bytes.
        max_pixels: Int. More than that, by the picture's own header, is
            refused before a pixel is decoded.

    Returns:
        PIL image in mode RGB.

    Raises:
        Refused: 413 or 422.
    """
    too_large = Refused(413, f"`image` may have at most {max_pixels:,} pixels.")
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    # Pillow's own limit, which is higher.
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_large from None
    # On damaged files its readers raise nearly any type.
    except Exception:
        raise Refused(
            422, f"`image` must be a picture: {', '.join(FORMATS)}."
        ) from None
    if picture.width * picture.height > max_pixels:
        raise too_large
    try:
        return decode(picture)
    except UnreadableImage:
        raise Refused(422, "`image` is damaged: it can't be decoded.") from None


def thumbnail(path, side):
    """A gallery's picture, made small, upright and rid of remarks.

    The file itself is never sent: what is no picture can't get out, nor can
    the place and camera that a photo names.

    Args:
        path: String, the file.
        side: Int. Longest side of the result in pixels.

    Returns:
        Bytes of a JPEG file.

    Raises:
        UnreadableImage: If there is no such picture.
    """
    try:
        with open_picture(path) as picture:
            # JPEG decodes at a fraction of its size for a fraction of the time.
            picture.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((side, side))
            out = io.BytesIO()
            upright.convert("RGB").save(out, "JPEG", quality=85)
            return out.getvalue()
    except Exception as error:
        raise UnreadableImage(f"{type(error).__name__}: {error}") from error
