"""Bytes of picture files to pixels in a TensorFlow graph, as Pillow does it."""

import PIL
import tensorflow as tf

# Pillow's resampling counts in integers of so many fractional bits.
_BITS = 22
_DRAFTS = (1, 2, 4, 8)
# From 13 on Pillow resamples tall images along their height first.
_TALL_FIRST = int(PIL.__version__.partition(".")[0]) >= 13


def decode_pictures(contents, size):
    """Pixels of JPEG and PNG files: see `keras_cmr.models.images.load_image`.

    Like `load_image` it decodes a large JPEG at a fraction of its size,
    drops transparency, ignores EXIF's orientation, and stretches.

    Args:
        contents: String tensor `(n,)`, the bytes of files.
        size: int. Wanted height and width in pixels.

    Returns:
        Uint8 tensor `(n, size, size, 3)`.
    """
    return tf.map_fn(
        lambda content: resize(_decode(content, size), size),
        contents,
        fn_output_signature=tf.TensorSpec((size, size, 3), tf.uint8),
    )


def resize(pixels, size):
    """`PIL.Image.resize` with `BILINEAR`, to the last bit.

    TensorFlow's own antialiased resize doesn't round between its two passes.

    Args:
        pixels: Uint8 tensor `(height, width, 3)`.
        size: int. Wanted height and width.

    Returns:
        Uint8 tensor `(size, size, 3)`.
    """
    shape = tf.shape(pixels)
    height, width = shape[0], shape[1]
    pixels = tf.cast(pixels, tf.int32)
    resampled = tf.cond(
        _TALL_FIRST & (height > tf.maximum(size, 2 * width - size)),
        lambda: _across(_down(pixels, size), size),
        lambda: _down(_across(pixels, size), size),
    )
    return tf.ensure_shape(tf.cast(resampled, tf.uint8), (size, size, 3))


def _down(pixels, size):
    height, width = tf.unstack(tf.shape(pixels)[:2])
    rows = _resample(tf.reshape(pixels, (height, 3 * width)), height, size)
    return tf.reshape(rows, (size, width, 3))


def _across(pixels, size):
    turned = tf.transpose(pixels, (1, 0, 2))
    return tf.transpose(_down(turned, size), (1, 0, 2))


def _decode(content, size):
    # Behind short contents too there must be something to look at.
    head = tf.strings.join([tf.strings.substr(content, 0, 26), b"\0" * 26])
    is_jpeg = tf.strings.substr(head, 0, 3) == b"\xff\xd8\xff"
    is_png = tf.strings.substr(head, 0, 8) == b"\x89PNG\r\n\x1a\n"
    # Bits and kind of pixels. Pillow clips these to 255, TensorFlow takes the
    # upper eight bits.
    is_deep = is_png & (tf.strings.substr(head, 24, 2) == b"\x10\0")
    check = tf.debugging.Assert(
        (is_jpeg | is_png) & ~is_deep,
        ["An image must be the bytes of a JPEG or PNG file, no 16-bit grey"],
    )
    with tf.control_dependencies([check]):
        content = tf.identity(content)
    return tf.cond(
        is_jpeg,
        lambda: _decode_jpeg(content, size),
        lambda: tf.io.decode_png(content, channels=3),
    )


def _decode_jpeg(content, size):
    """At the smallest of the sizes libjpeg offers that is large enough."""
    shape = tf.image.extract_jpeg_shape(content)
    fraction = tf.minimum(shape[0] // size, shape[1] // size)

    def decode(ratio):
        return lambda: tf.io.decode_jpeg(
            content, channels=3, ratio=ratio, dct_method="INTEGER_ACCURATE"
        )

    branch = sum(tf.cast(fraction >= n, tf.int32) for n in _DRAFTS[1:])
    return tf.switch_case(branch, [decode(ratio) for ratio in _DRAFTS])


def _resample(rows, count, size):
    """Rows `(count, n)` to `(size, n)`, both of integers 0 to 255."""
    taps, weights = _triangle(count, size)
    matrix = tf.SparseTensor(
        tf.stack(
            [
                tf.repeat(tf.range(size, dtype=tf.int64), tf.shape(taps)[1]),
                tf.reshape(taps, (-1,)),
            ],
            axis=1,
        ),
        tf.reshape(weights, (-1,)),
        tf.cast(tf.stack([size, count]), tf.int64),
    )
    sums = tf.sparse.sparse_dense_matmul(matrix, rows) + (1 << (_BITS - 1))
    return tf.clip_by_value(tf.bitwise.right_shift(sums, _BITS), 0, 255)


def _triangle(count, size):
    """Which inputs each output is made of, and their weights.

    Pillow's `precompute_coeffs`, in its order of operations, so that the
    float64 numbers round to the same integers.

    Returns:
        Int64 and int32 tensors `(size, taps)`.
    """
    scale = tf.cast(count, tf.float64) / size
    support = tf.maximum(scale, 1.0)
    centre = (tf.range(size, dtype=tf.float64) + 0.5) * scale
    first = tf.maximum(tf.cast(centre - support + 0.5, tf.int32), 0)
    end = tf.minimum(tf.cast(centre + support + 0.5, tf.int32), count)
    width = 2 * tf.cast(tf.math.ceil(support), tf.int32) + 1
    taps = first[:, None] + tf.range(width)
    places = (tf.cast(taps, tf.float64) - centre[:, None] + 0.5) * (1 / support)
    weights = tf.maximum(1.0 - tf.abs(places), 0.0)
    weights = tf.where(taps < end[:, None], weights, 0.0)
    weights /= tf.reduce_sum(weights, axis=1, keepdims=True)
    whole = tf.cast(0.5 + weights * (1 << _BITS), tf.int32)
    taps = tf.cast(tf.minimum(taps, count - 1), tf.int64)
    return taps, whole
