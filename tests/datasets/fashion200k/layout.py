"""A tiny folder in Fashion200k's layout."""

import numpy as np
from PIL import Image

TRAIN = {
    "women/dresses/1/1_0.jpeg": "black lace dress",
    "women/dresses/1/1_1.jpeg": "black lace dress",
    "women/dresses/2/2_0.jpeg": "red lace dress",
    "women/dresses/3/3_0.jpeg": "lace blue dress",
    "women/dresses/4/4_0.jpeg": "long gown",
}
TOPS = {"women/tops/5/5_0.jpeg": "t.shirt & belt", "women/tops/6/6_0.jpeg": "?"}
TEST = {
    "women/dresses/7/7_0.jpeg": "green lace dress",
    "women/dresses/8/8_0.jpeg": "black lace dress",
    "women/dresses/8/8_1.jpeg": "black lace dress",
}
QUERIES = (
    "women/dresses/7/7_0.jpeg women/dresses/8/8_0.jpeg\n"
    "women/dresses/8/8_1.jpeg women/dresses/7/7_0.jpeg\n"
)


def lines(images):
    return "".join(f"{path}\t0.9\t{text}\n" for path, text in images.items())


def write(folder, files, images=()):
    """Text files by path, and a grey picture a path of `images`."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(
            text if isinstance(text, bytes) else text.encode()
        )
    for number, path in enumerate(images):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((9, 9, 3), 20 * number, "uint8")
        Image.fromarray(pixels).save(folder / path)


def files(**changes):
    own = {
        "labels/dress_train_detect_all.txt": lines(TRAIN),
        "labels/top_train_detect_all.txt": lines(TOPS),
        "labels/dress_test_detect_all.txt": lines(TEST),
        "test_queries.txt": QUERIES,
    }
    return own | changes
