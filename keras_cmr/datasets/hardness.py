"""Hard negatives: which queries should share a batch."""

import collections

import numpy as np

from keras_cmr.datasets.tables import Split

# Scores are made for this many numbers at once (64 MiB).
_SCORES_PER_BLOCK = 1 << 24


class HardNegatives:
    """The nearest wrong images of each query, and batches that contain them.

    In-batch losses take the targets of a batch for each other's negatives, so
    a hard negative is had by putting the query that wants this image into
    the same batch. Losses stay as they are, an epoch still has every query
    once, and which epoch draws what depends on its number and on `neighbours`
    alone.

    Args:
        split: A `keras_cmr.datasets.Split` whose queries are named in its
            table (no sampler).
        count: int. Nearest wrong images of a query.

    Attributes:
        neighbours: int32 array `(queries, count)` of image indices, nearest
            first and -1 where there is none, or `None` before the first
            mining: batches are then composed as without.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    hard = keras_cmr.datasets.HardNegatives(css.train, 2)
    images = css.train.images.pixels.reshape(len(css.train.images), -1) / 255
    hard.mine(images[css.train.queries.references], images)
    batches = css.train.batches(8, hard_negatives=hard)
    ```
    """

    def __init__(self, split: Split, count: int):
        if not isinstance(count, int) or count < 1:
            raise ValueError(
                f"`count` must be a positive int. Received: count={count!r}"
            )
        if split.sampler is not None:
            raise ValueError(
                "`split` must name its queries, to mine hard negatives for "
                f"them. Received: {split.name!r}, whose queries are drawn "
                "anew for every epoch"
            )
        self.split = split
        self.count = count
        self.neighbours: np.ndarray | None = None

    def mine(self, queries: np.ndarray, images: np.ndarray) -> None:
        """Finds the nearest wrong images by inner product.

        Only images that some query wants count, since others can't be brought
        into a batch. An image is not wrong if it is one of the query's
        targets or has the label of its target, and the query's own reference
        is left out, as protocols do.

        Args:
            queries: Float array `(queries, dim)`, a row for each query.
            images: Float array `(images, dim)`, a row for each image.
        """
        table, labels = self.split.queries, self.split.images.labels
        unwanted = np.ones(len(images), bool)
        for targets in table.targets:
            unwanted[list(targets)] = False
        count = min(self.count, len(images))
        found = np.full((len(queries), self.count), -1, "int32")
        step = max(1, _SCORES_PER_BLOCK // len(images))
        for start in range(0, len(queries), step):
            rows = slice(start, start + step)
            scores = queries[rows] @ images.T
            scores[:, unwanted] = -np.inf
            scores[table.target_labels[rows, None] == labels] = -np.inf
            scores[np.arange(len(scores)), table.references[rows]] = -np.inf
            for row, targets in zip(scores, table.targets[rows], strict=True):
                row[list(targets)] = -np.inf
            best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
            values = np.take_along_axis(scores, best, axis=1)
            order = np.lexsort((best, -values), axis=1)
            best = np.take_along_axis(best, order, axis=1)
            values = np.take_along_axis(values, order, axis=1)
            found[rows, :count] = np.where(np.isinf(values), -1, best)
        self.neighbours = found

    def arrange(
        self, groups: list[list[int]], batch_size: int
    ) -> list[list[int]]:
        """Puts groups of queries into batches with those they are hard for.

        Each query laid down calls, for every one of its neighbours, a query
        that wants this image, with its group; those called follow in the
        order of calls. When none is left, the next group in the given order
        follows. With a new batch, the calls of the one before are forgotten.

        Args:
            groups: List of lists of query indices, every query in one.
                `neighbours` must have been mined.
            batch_size: int. Queries in a batch.

        Returns:
            The same groups in another order.
        """
        targets = self.split.queries.targets
        wanting = collections.defaultdict(collections.deque)
        for number, group in enumerate(groups):
            for query in group:
                for image in targets[query]:
                    wanting[image].append(number)
        placed, arranged, rows = [False] * len(groups), [], 0
        called, here = collections.deque(), set()
        rest = iter(range(len(groups)))
        while len(arranged) < len(groups):
            number = called.popleft() if called else next(rest)
            if placed[number]:
                continue
            placed[number] = True
            arranged.append(groups[number])
            here.update(*(targets[query] for query in groups[number]))
            for query in groups[number]:
                for image in self.neighbours[query].tolist():
                    others = wanting[image]  # of -1, no image: nobody
                    while others and placed[others[0]]:
                        others.popleft()
                    if others and image not in here:
                        here.add(image)
                        called.append(others[0])
            batches = rows // batch_size
            rows += len(groups[number])
            if rows // batch_size > batches:
                called.clear()
                here.clear()
        return arranged
