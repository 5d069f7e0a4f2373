"""What stands where in every image, where a benchmark knows it."""

import dataclasses

import numpy as np

ATTRIBUTES = ("size", "color", "shape")
EMPTY = -1


@dataclasses.dataclass(frozen=True, eq=False)
class Scenes:
    """The objects of many images, as numbers.

    Args:
        codes: Int16 array `(images, cells, 3)`: size, colour and shape of the
            object in each cell, as places in `names`; all `-1` where the cell
            is empty.
        names: Tuple of three tuples of str, the values of each attribute.
    """

    codes: np.ndarray
    names: tuple[tuple[str, ...], ...]

    def combinations(self, images):
        """The set of (shape, colour) pairs in these images, in words."""
        chosen = self.codes[images]
        chosen = chosen[chosen[..., 0] != EMPTY]
        _, colors, shapes = self.names
        return {
            (shapes[shape], colors[color])
            for color, shape in np.unique(chosen[:, 1:], axis=0).tolist()
        }


def read_scenes(images):
    """The scenes of an `Images` table.

    Args:
        images: `Images` whose `metadata` lists the objects of every image, as
            those of CSS do: dicts with `cell`, `size`, `color` and `shape`.

    Returns:
        `Scenes`.

    Raises:
        ValueError: If the objects are not known, or two of them stand in one
            cell.
    """
    metadata = getattr(images, "metadata", ())
    if not len(metadata) or "objects" not in metadata[0]:
        raise ValueError(
            "`images.metadata` must list the objects of every image, as those "
            "of CSS do. Received: images without"
        )
    scenes = [item["objects"] for item in metadata]
    names = tuple(
        tuple(sorted({thing[a] for scene in scenes for thing in scene}))
        for a in ATTRIBUTES
    )
    places = [{name: i for i, name in enumerate(values)} for values in names]
    cells = 1 + max(
        (thing["cell"] for scene in scenes for thing in scene), default=0
    )
    codes = np.full((len(scenes), cells, len(ATTRIBUTES)), EMPTY, "int16")
    for image, scene in enumerate(scenes):
        if len({thing["cell"] for thing in scene}) < len(scene):
            raise ValueError(
                "`images.metadata` must have at most one object in a cell. "
                f"Received: two in the image {images.ids[image]}"
            )
        for thing in scene:
            codes[image, thing["cell"]] = [
                place[thing[a]]
                for place, a in zip(places, ATTRIBUTES, strict=True)
            ]
    return Scenes(codes, names)
