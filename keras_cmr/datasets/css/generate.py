"""The generated CSS benchmark."""

import numpy as np
from tqdm import tqdm

from keras_cmr.datasets.css.arguments import check_arguments
from keras_cmr.datasets.css.assemble import Parts
from keras_cmr.datasets.css.assemble import benchmark
from keras_cmr.datasets.css.assemble import image_ids
from keras_cmr.datasets.css.object_table import DrawnObjects
from keras_cmr.datasets.css.plan import Plan
from keras_cmr.datasets.css.scenes import ALLOWED
from keras_cmr.datasets.css.scenes import caption
from keras_cmr.datasets.css.scenes import combinations
from keras_cmr.datasets.css.views import Pictures
from keras_cmr.datasets.tables import Benchmark


def generate(
    scenes: int = 6000,
    modifications: int = 3,
    renders: int = 2,
    image_size: int = 64,
    objects: tuple[int, int] = (3, 6),
    jitter: int = 0,
    seed: int = 0,
    view: str = "2d",
    workers: int | None = None,
    verbose: int = 1,
) -> Benchmark:
    """CSS, generated: coloured shapes on a 3x3 grid and texts that change them.

    Both splits have `scenes` different base scenes with `modifications`
    queries each. The splits share no shape-colour combination but those of
    circles. README.md in this folder says how the benchmark is built and in
    what it differs from the original. Equal arguments give equal benchmarks,
    pixel by pixel, on every machine.

    Args:
        scenes: int. Base scenes of a split. Defaults to `6000`.
        modifications: int, at most 24. Queries of each base scene; their
            targets differ from each other. Defaults to `3`.
        renders: int. Drawings of each content, with fresh places inside the
            cells. Defaults to `2`.
        image_size: int, a multiple of 16 and at least 32. Side of the images
            in pixels; everything scales with it. Defaults to `64`.
        objects: Pair of ints in 1..9: least and greatest number of objects
            in a base scene. A target may have one less or one more.
        jitter: int. Greatest shift in pixels, along each axis and inside
            the cell, of the *unchanged* objects in the drawing made for a
            query. The original has this flaw; `0` is without it.
        seed: int, at least 0.
        view: `"2d"`, flat drawings; `"3d"`, rendered spheres, cubes and
            cylinders seen by a camera above them; or `"2d-to-3d"`, a drawn
            reference and rendered candidates. Scenes, texts and targets are
            the same in all of them. Defaults to `"2d"`.
        workers: int. Processes that render, `None` for one a core. The
            pictures do not depend on it.
        verbose: int. `0` hides the progress bar.

    Returns:
        A `keras_cmr.datasets.Benchmark`. Each split's `images.metadata` holds
        the drawn objects of every image.

    Example:

    ```python
    from keras_cmr.datasets.css import generate

    css = generate(scenes=20, seed=1, verbose=0)
    css.test.queries.modifications[0]
    ```

    Reference:
    - [Vo et al., 2019](https://arxiv.org/abs/1812.07119)
    """
    check_arguments(
        scenes,
        modifications,
        renders,
        image_size,
        objects,
        jitter,
        seed,
        view,
        workers,
    )
    plans = planned(
        scenes=scenes,
        modifications=modifications,
        renders=renders,
        image_size=image_size,
        objects=objects,
        jitter=jitter,
        seed=seed,
        verbose=verbose,
    )
    pictures = Pictures(view, seed, None, workers, verbose)
    return drawn(plans, image_size, pictures)


def planned(
    *, scenes: int, objects: tuple[int, int], verbose: int, **arguments
) -> dict[str, dict[str, np.ndarray]]:
    """The plans of both splits as arrays, for arguments of `generate`."""
    plans = {}
    with tqdm(
        total=scenes * len(ALLOWED),
        desc="Generating CSS",
        unit="scene",
        disable=not verbose,
    ) as bar:
        for split in ALLOWED:
            plan = Plan(
                split,
                scenes=scenes,
                objects=tuple(objects),
                step=bar.update,
                **arguments,
            )
            plans[split] = plan.arrays()
    return plans


def drawn(
    plans: dict[str, dict[str, np.ndarray]],
    image_size: int,
    pictures: Pictures,
) -> Benchmark:
    """The benchmark of the plans of both splits."""
    return benchmark(
        *(
            _parts(split, arrays, image_size, pictures)
            for split, arrays in plans.items()
        )
    )


def _parts(split, arrays, image_size, pictures) -> Parts:
    labels = arrays["labels"]
    count = len(labels)
    pixels, reference_pixels = pictures.make(
        split, arrays["objects"], (count, image_size, image_size, 3)
    )
    metadata = DrawnObjects(arrays["objects"], count, image_size)
    firsts = np.unique(labels, return_index=True)[1]
    contents = {int(labels[i]): metadata.scene(int(i)) for i in firsts}
    return Parts(
        ids=image_ids(split, count),
        labels=labels,
        captions={k: caption(scene) for k, scene in contents.items()},
        combinations={k: combinations(s) for k, s in contents.items()},
        pixels=pixels,
        reference_pixels=reference_pixels,
        metadata=metadata,
        references=arrays["references"],
        targets=arrays["targets"],
        texts=arrays["texts"].tolist(),
    )
