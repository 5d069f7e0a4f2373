"""The plan of a split: which scenes, texts and drawings, before any pixel."""

from collections.abc import Callable

import numpy as np

from keras_cmr.datasets.css.drawing import moved_centre
from keras_cmr.datasets.css.drawing import random_centre
from keras_cmr.datasets.css.modifications import Descriptors
from keras_cmr.datasets.css.modifications import Modification
from keras_cmr.datasets.css.modifications import propose
from keras_cmr.datasets.css.modifications import random_thing
from keras_cmr.datasets.css.object_table import encode
from keras_cmr.datasets.css.random_stream import RandomStream
from keras_cmr.datasets.css.scenes import ALLOWED
from keras_cmr.datasets.css.scenes import POSITIONS
from keras_cmr.datasets.css.scenes import Scene

_SCENES, _TEXTS, _DRAWINGS = range(3)  # streams of their own


class Plan:
    """Everything about a split but its pixels.

    Args:
        split: `"train"` or `"test"`.
        scenes: int. Number of base scenes.
        modifications: int. Queries of each.
        renders: int. Drawings of each content.
        image_size: int. Side of the pictures in pixels.
        objects: Pair of ints, least and greatest number of objects.
        jitter: int. Greatest shift of unchanged objects, in pixels.
        seed: int.
        step: Callable without arguments, called after every scene.

    Attributes:
        scenes: List of distinct scenes; the position is the label.
        labels: List, the label of every image.
        objects: List of rows of an object table, sorted by image.
        references: List, the reference image of every query.
        targets: List, the image drawn for every query.
        texts: List, the text of every query.
    """

    def __init__(
        self,
        split: str,
        *,
        scenes: int,
        modifications: int,
        renders: int,
        image_size: int,
        objects: tuple[int, int],
        jitter: int,
        seed: int,
        step: Callable[[], object],
    ):
        self._image_size = image_size
        self._jitter = jitter
        self._allowed = ALLOWED[split]
        key = list(ALLOWED).index(split)
        self._stream = RandomStream([seed, key, _DRAWINGS])
        texts = RandomStream([seed, key, _TEXTS])

        self.scenes = self._base_scenes(
            RandomStream([seed, key, _SCENES]), scenes, objects
        )
        self.labels: list[int] = []
        self.objects: list[tuple[int, ...]] = []
        self.references: list[int] = []
        self.targets: list[int] = []
        self.texts: list[str] = []

        label_of = {scene: i for i, scene in enumerate(self.scenes)}
        bases = list(self.scenes)
        centres = []
        for label, scene in enumerate(bases):
            centres.append(self._fresh(scene))
            self._add(label, centres[-1])
            for _ in range(renders - 1):
                self._add(label, self._fresh(scene))
        for label, scene in enumerate(bases):
            for text, target in self._modify(texts, scene, modifications):
                self.references.append(label * renders)
                self.targets.append(len(self.labels))
                self.texts.append(text)
                is_new = target not in label_of
                if is_new:
                    label_of[target] = len(self.scenes)
                    self.scenes.append(target)
                self._add(
                    label_of[target],
                    self._in_place(scene, centres[label], target),
                )
                for _ in range(renders - 1 if is_new else 0):
                    self._add(label_of[target], self._fresh(target))
            step()

    def _base_scenes(self, stream, count, objects) -> list[Scene]:
        found: dict[Scene, None] = {}
        while len(found) < count:
            cells = stream.sample(
                range(len(POSITIONS)), stream.between(*objects)
            )
            scene = tuple(
                random_thing(stream, cell, self._allowed)
                for cell in sorted(cells)
            )
            found[scene] = None
        return list(found)

    def _modify(self, stream, scene, count) -> list[Modification]:
        """`count` modifications of `scene` with different targets."""
        descriptors = Descriptors(scene)
        found: dict[Scene, Modification] = {}
        while len(found) < count:
            proposed = propose(stream, scene, descriptors, self._allowed)
            if proposed is not None:
                found.setdefault(proposed.target, proposed)
        return list(found.values())

    def _fresh(self, scene):
        return {
            thing.cell: random_centre(
                self._stream, thing.cell, self._image_size
            )
            for thing in scene
        }

    def _in_place(self, reference, centres, target):
        """Centres for `target` that are those of its reference."""
        unchanged = set(reference)
        placed = {}
        for thing in target:
            cell = thing.cell
            if cell not in centres:
                placed[cell] = random_centre(
                    self._stream, cell, self._image_size
                )
            elif thing in unchanged and self._jitter:
                placed[cell] = moved_centre(
                    self._stream,
                    centres[cell],
                    cell,
                    self._image_size,
                    self._jitter,
                )
            else:
                placed[cell] = centres[cell]
        return placed

    def _add(self, label, centres):
        image = len(self.labels)
        self.labels.append(label)
        for thing in self.scenes[label]:
            self.objects.append(encode(image, thing, centres[thing.cell]))

    def arrays(self) -> dict[str, np.ndarray]:
        """The plan as arrays, from which the split is drawn."""
        return {
            "labels": np.array(self.labels, "int32"),
            "objects": np.array(self.objects, "int32"),
            "references": np.array(self.references, "int32"),
            "targets": np.array(self.targets, "int32"),
            "texts": np.array(self.texts),
        }
