"""Reading CIRCO from its files."""

import os
from pathlib import Path

from keras_cmr.datasets.assemble import Parsed
from keras_cmr.datasets.assemble import assemble
from keras_cmr.datasets.circo.annotations import listed_gallery
from keras_cmr.datasets.circo.annotations import parse_gallery
from keras_cmr.datasets.circo.annotations import parse_queries
from keras_cmr.datasets.image_folder import ImageFolder
from keras_cmr.datasets.tables import Benchmark

PROTOCOLS = ("circo/kept", "circo/removed")
_GALLERY = "image_info_unlabeled2017.json"


def read(
    data_dir: str | os.PathLike,
    image_size: int = 224,
    strict: bool = False,
    verify: bool = False,
    verbose: int = 1,
) -> Benchmark:
    """CIRCO from a folder on disk.

    The folder holds `annotations/val.json`, `annotations/test.json` (may be
    absent) and COCO's unlabelled images of 2017 as
    `COCO2017_unlabeled/unlabeled2017/000000xxxxxx.jpg`. The gallery is what
    `COCO2017_unlabeled/annotations/image_info_unlabeled2017.json` lists;
    without it, the images of the folder. COCO's two folders may also lie in
    `data_dir` itself.

    Args:
        data_dir: string or path. The folder.
        image_size: int. Height and width of the pixels, to which images are
            stretched. Defaults to `224`.
        strict: bool. If True, a missing image is an error; if False it is
            left out, counted and listed in `Split.missing`.
        verify: bool. If True, every image is decoded once.
        verbose: int. `0` hides progress bars.

    Returns:
        A `keras_cmr.datasets.Benchmark`: no `train`, `test` (the organisers'
        `val` split) and `server` (their `test` split, without targets).
        `queries.ids` are the ids of the queries, `images.ids` COCO's ids,
        both as text without leading zeros.
    """
    folder = Path(data_dir).expanduser()
    annotations = folder / "annotations"
    queries = {"val": parse_queries(annotations / "val.json", True)}
    if (annotations / "test.json").exists():
        queries["test"] = parse_queries(annotations / "test.json", False)
    coco = folder / "COCO2017_unlabeled"
    coco = coco if coco.is_dir() else folder
    files = ImageFolder(coco / "unlabeled2017")
    gallery = coco / "annotations" / _GALLERY
    if gallery.exists():
        images = parse_gallery(gallery)
        _check(queries, images, gallery, annotations)
    else:
        named = [query for part in queries.values() for query in part]
        images = listed_gallery(files, named)
    parsed = {
        split: Parsed(split, images, part) for split, part in queries.items()
    }
    return assemble(
        "circo",
        PROTOCOLS,
        files,
        image_size,
        train=None,
        test=parsed["val"],
        server=parsed.get("test"),
        strict=strict,
        verify=verify,
        verbose=verbose,
    )


def _check(queries, images, gallery, annotations):
    known = {image.id for image in images}
    for split, part in queries.items():
        for query in part:
            for image in (query.reference, *query.targets):
                if image not in known:
                    raise ValueError(
                        f"{annotations / split}.json: the query {query.id} "
                        f"must name images of the gallery. Received: {image}, "
                        f"which {gallery} does not list"
                    )
