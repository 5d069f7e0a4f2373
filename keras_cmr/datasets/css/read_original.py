"""Reading CSS from the original's files."""

import os
import pathlib
import warnings

import numpy as np
from PIL import Image
from PIL import ImageOps
from tqdm import tqdm

from keras_cmr.datasets.annotation_file import refuse_link_out
from keras_cmr.datasets.css.assemble import Parts
from keras_cmr.datasets.css.assemble import benchmark
from keras_cmr.datasets.css.assemble import image_ids
from keras_cmr.datasets.css.drawing import draw
from keras_cmr.datasets.css.layout import image_path
from keras_cmr.datasets.css.layout import table_path
from keras_cmr.datasets.css.object_table import table_of
from keras_cmr.datasets.css.original_table import SplitTable
from keras_cmr.datasets.css.original_table import parse
from keras_cmr.datasets.css.safe_pickle import read_pickle
from keras_cmr.datasets.css.scenes import caption
from keras_cmr.datasets.css.scenes import combinations
from keras_cmr.datasets.css.views import VIEWS
from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.picture_file import open_picture

_SPLITS = ("train", "test")


def read_original(
    data_dir: str | os.PathLike,
    image_size: int = 64,
    strict: bool = False,
    view: str = "3d",
    verbose: int = 1,
) -> Benchmark:
    """CSS as published, from a folder on disk.

    The folder must hold `css_toy_dataset_novel2_small.dup.npy` and
    `images/css_{train|test}_%06d.png`. Two images have the same content if
    the file gives them the same label; without labels every image is a
    content of its own. The caption of a label describes the first image that
    carries it. Each pair (from, to) of a modification is a query.

    Args:
        data_dir: string or path. The folder.
        image_size: int. Images of another size are cut to their central
            square and resized to this side. Defaults to `64`.
        strict: bool. If True, an image that is missing or cannot be read is
            an error. If False it is left out, with the queries that start
            from it or lead to it, a warning counts them and
            `Split.missing` lists them.
        view: `"3d"`, the pictures as the files hold them, which in the
            original are rendered; `"2d-to-3d"`, the references drawn from
            the objects in the table, the candidates from the files; or
            `"2d"`, all drawn, and no picture read. Drawing asks for an
            `image_size` of at least 16. Defaults to `"3d"`.
        verbose: int. `0` hides the progress bar.

    Returns:
        A `keras_cmr.datasets.Benchmark`. `images.metadata` has the form of
        the generated benchmark's.
    """
    if not isinstance(image_size, int) or image_size < 1:
        raise ValueError(
            "`image_size` must be an integer of at least 1. "
            f"Received: image_size={image_size!r}"
        )
    if view not in VIEWS:
        raise ValueError(
            f"`view` must be one of {', '.join(map(repr, VIEWS))}. "
            f"Received: view={view!r}"
        )
    if view != "3d" and image_size < 16:
        raise ValueError(
            "`image_size` must be at least 16 to draw. "
            f"Received: image_size={image_size}, view={view!r}"
        )
    folder = pathlib.Path(data_dir).expanduser()
    table = table_path(folder)
    if not table.is_file():
        raise FileNotFoundError(
            f"`data_dir` must be a folder that holds {table.name} and images/ "
            f"with css_train_000000.png and so on. There is no file {table}."
        )
    refuse_link_out(table)
    tables = parse(read_pickle(table), table, _SPLITS)
    return benchmark(
        *(
            _parts(
                folder, split, tables[split], image_size, strict, view, verbose
            )
            for split in _SPLITS
        )
    )


def _parts(folder, split, table: SplitTable, image_size, strict, view, verbose):
    total = len(table.objects)
    missing: dict[int, str] = {}
    drawings = None
    if view != "3d":
        drawings = _draw(table_path(folder), table, image_size)
    if view == "2d":
        pixels, drawings = drawings, None
    else:
        pixels, missing = _read_images(
            folder, split, total, image_size, verbose
        )
    kept = [i for i in range(total) if i not in missing]
    new_index = {old: new for new, old in enumerate(kept)}
    queries = [
        query
        for query in table.queries
        if query[0] in new_index and query[1] in new_index
    ]
    if missing:
        _report(split, table, missing, len(queries), strict)
        pixels = pixels[kept]
        drawings = None if drawings is None else drawings[kept]
    ids = image_ids(split, total)
    contents = table.contents()
    return Parts(
        ids=[ids[i] for i in kept],
        labels=[table.labels[i] for i in kept],
        captions={k: caption(scene) for k, scene in contents.items()},
        combinations={k: combinations(s) for k, s in contents.items()},
        pixels=pixels,
        metadata=[{"objects": table.objects[i]} for i in kept],
        references=[new_index[reference] for reference, _, _ in queries],
        targets=[new_index[target] for _, target, _ in queries],
        texts=[text for _, _, text in queries],
        missing=tuple(missing.values()),
        reference_pixels=drawings,
    )


def _draw(path, table, image_size):
    try:
        objects = table_of(table.objects, image_size)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return draw(objects, len(table.objects), image_size)


def _read_images(folder, split, total, image_size, verbose):
    """Pixels of all images, and by index what is wrong with some."""
    pixels = np.empty((total, image_size, image_size, 3), "uint8")
    missing: dict[int, str] = {}
    images = ImageFolder(image_path(folder, split, 0).parent)
    for i in tqdm(
        range(total),
        desc=f"Reading CSS {split}",
        unit="image",
        disable=not verbose,
    ):
        name = image_path(folder, split, i).name
        path = images.find(name)
        if path is None:
            missing[i] = images.why_missing(name)
            continue
        try:
            pixels[i] = _read_image(path, image_size)
        # On damaged files Pillow's readers raise nearly any type.
        except Exception as error:
            missing[i] = f"{path}: unreadable: {error}"
    return pixels, missing


def _read_image(path: str, image_size: int) -> np.ndarray:
    with open_picture(path) as image:
        square = ImageOps.fit(
            image.convert("RGB"),
            (image_size, image_size),
            Image.Resampling.BICUBIC,
        )
    return np.asarray(square)


def _report(split, table, missing, queries_left, strict):
    first = next(iter(missing.values()))
    lost = len(table.queries) - queries_left
    found = (
        f"{len(missing)} of {len(table.objects)} images of the {split} split "
        f"could not be read, and {lost} of {len(table.queries)} queries need "
        f"them. The first is {first}."
    )
    if strict or not queries_left:
        raise ValueError(found)
    warnings.warn(
        f"{found} They are left out; `Split.missing` lists them.",
        stacklevel=2,
    )
