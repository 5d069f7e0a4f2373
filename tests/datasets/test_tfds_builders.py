"""TFDS's own test of every builder, on the dummy data of its folder.

Of the configs `images` those are here that have a field of their own;
`test_tfds.py` reads all of them.
"""

import pytest

tfds = pytest.importorskip(
    "tensorflow_datasets", reason="the extra `datasets` is not installed"
)

import keras_cmr.datasets  # noqa: E402, F401  registers the builders

# Dataset, config, and the number of examples by split.
CASES = (
    ("css", "original_2d_to_3d_triplets", {"train": 2, "test": 1}),
    ("css", "original_2d_to_3d_images", {"train": 4, "test": 3}),
    ("fashion200k", "triplets", {"train": 4, "test": 2}),
    ("mit_states", "triplets", {"train": 3, "test": 3}),
    ("mit_states", "images", {"train": 4, "test": 3}),
    ("fashioniq", "dress_triplets", {"train": 1, "test": 1}),
    ("cirr", "triplets", {"train": 1, "test": 1}),
    ("cirr", "images", {"train": 6, "test": 7, "server": 6}),
    ("circo", "triplets", {"test": 1}),
    ("shoes", "triplets", {"train": 2, "test": 1}),
    ("triplets", "triplets", {"train": 2, "test": 1}),
)

# TFDS wants a class a case.
for dataset, config, splits in CASES:
    name = f"Test_{dataset}_{config}"
    globals()[name] = type(
        name,
        (tfds.testing.DatasetBuilderTestCase,),
        {
            "__module__": __name__,
            "DATASET_CLASS": tfds.builder_cls(dataset),
            "BUILDER_CONFIG_NAMES_TO_TEST": [config],
            "SPLITS": splits,
        },
    )
