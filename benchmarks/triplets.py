"""Random batches, the same for every framework."""

import numpy as np

NUM_WORDS = 50
TEXT_LENGTH = 8


def batch(size, image_size, seed=0):
    """A batch of random triplets, as `batches` of a benchmark gives them."""
    random = np.random.default_rng(seed)
    pixels = (size, image_size, image_size, 3)
    tokens = random.integers(2, NUM_WORDS + 2, (size, TEXT_LENGTH))
    lengths = random.integers(4, TEXT_LENGTH + 1, (size, 1))
    tokens[np.arange(TEXT_LENGTH) >= lengths] = 0
    tokens[0] = 2  # one text of full length
    return {
        "reference": random.integers(0, 256, pixels, "uint8"),
        "modification": tokens.astype("int32"),
        "target": random.integers(0, 256, pixels, "uint8"),
    }
