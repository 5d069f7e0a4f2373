"""Writing a benchmark as the files of the original."""

import os
import pathlib
import pickle
import shutil
import tempfile

import numpy as np
from numpy.lib import format as npy
from PIL import Image
from tqdm import tqdm

from keras_cmr.datasets.css.layout import image_path
from keras_cmr.datasets.css.layout import table_path
from keras_cmr.datasets.tables import Benchmark
from keras_cmr.datasets.tables import Split


def write_original(
    css: Benchmark, folder: str | os.PathLike, verbose: int = 1
) -> None:
    """Write CSS in the layout of the original, for programs that read it.

    The folder gets `css_toy_dataset_novel2_small.dup.npy` and `images/`. It
    appears when everything is written, or not at all. `read_original` gives
    back the same tables and pixels; the drawn references of `"2d-to-3d"` are
    not written, and drawn again when read with `view="2d-to-3d"`.

    Args:
        css: A CSS `Benchmark`, generated or read.
        folder: string or path. Must not exist, or be an empty folder.
        verbose: int. `0` hides the progress bar.
    """
    if css.name != "css":
        raise ValueError(
            "`css` must be the CSS benchmark. "
            f"Received: the benchmark {css.name!r}"
        )
    folder = pathlib.Path(folder).expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(
            "`folder` must not exist, or be an empty folder. "
            f"Received: folder={str(folder)!r}"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = pathlib.Path(
        tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-")
    )
    try:
        # A folder inside, because `mkdtemp` makes one only its owner can read.
        whole = staging / "css"
        (whole / "images").mkdir(parents=True)
        splits = (css.train, css.test)
        _write_table(table_path(whole), {s.name: _table(s) for s in splits})
        with tqdm(
            total=sum(len(split.images) for split in splits),
            desc="Writing CSS",
            unit="image",
            disable=not verbose,
        ) as bar:
            for split in splits:
                for i, pixels in enumerate(split.images.pixels):
                    path = image_path(whole, split.name, i)
                    Image.fromarray(pixels).save(path)
                    bar.update()
        os.replace(whole, folder)
    finally:
        shutil.rmtree(staging)


def _table(split: Split) -> dict:
    queries = split.queries
    keys = ("shape", "color", "size", "pos")
    return {
        "objects_img": [
            [{key: drawn[key] for key in keys} for drawn in item["objects"]]
            for item in split.images.metadata
        ],
        "labels": split.images.labels.tolist(),
        "mods": [
            {"from": [reference], "to": [images[0]], "to_str": text}
            for reference, images, text in zip(
                queries.references.tolist(),
                queries.targets,
                queries.modifications.tolist(),
                strict=True,
            )
        ],
    }


def _write_table(path: pathlib.Path, table: dict) -> None:
    """Pickle `table` in a `.npy` file that Python 2's NumPy can read.

    That asks for pickle protocol 2, which `np.save` does not offer, and for
    the name that NumPy's array functions had before NumPy 2.
    """
    pickled = pickle.dumps(np.array(table, dtype=object), protocol=2)
    with open(path, "wb") as file:
        npy.write_array_header_1_0(
            file, {"descr": "|O", "fortran_order": False, "shape": ()}
        )
        file.write(
            pickled.replace(
                b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"
            )
        )
