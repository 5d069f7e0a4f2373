"""The result of one evaluation, with everything needed to check it."""

import dataclasses
import os
import pathlib
from typing import Any
from typing import Self

import numpy as np

from keras_cmr.evaluation import report_file
from keras_cmr.evaluation import report_table
from keras_cmr.evaluation.bootstrap import bootstrap_figures
from keras_cmr.evaluation.protocols import get_protocol
from keras_cmr.evaluation.rank_array import checked_ranks


@dataclasses.dataclass(frozen=True, eq=False)
class Report:
    """Figures with intervals, the ranks they come from, and their origin.

    `print(report)` shows a table. The ranks are kept, so that the figures can
    be recomputed and two reports compared query by query.

    Args:
        protocol: str. Name of the rule, such as `"tirg/caption-match"`.
        protocol_version: int. Version of the rule.
        benchmark: str. Name of the benchmark, `""` if not given.
        split: str. Name of the split.
        dataset_fingerprint: str. Hash of the split's content.
        model_fingerprint: str. Hash of the model, `""` if not given.
        package_version: str. Version of `keras_cmr` that evaluated.
        num_candidates: int. Size of the gallery before any exclusion.
        resamples: int. Bootstrap resamples.
        seed: int. Seed of the bootstrap.
        figures: Dict of figure name -> `{"value", "low", "high"}`, each from
            0 to 1; low and high bound the 95 % bootstrap interval over
            queries.
        slices: Dict of slice name, such as `"kind=add"`, ->
            `{"n": int, "figures": {...}}`.
        context: Dict. Command, config, hardware, versions, date; how many
            `"missing_images"` and `"lost_queries"` the split has.
        ranks: int array `(num_queries,)`. Rank of the first hit from 1; 0 if
            the query has no valid candidate (counted as a miss). Where a rule
            counts several right images, `(num_queries, most)`: the ranks of
            all of them, growing, filled up with 0.
        groups: Dict of group name -> str array `(num_queries,)`, the values
            by which slices are made.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    images = css.test.images.pixels.reshape(len(css.test.images), -1) + 1.0
    report = keras_cmr.evaluation.evaluate_embeddings(
        images[css.test.queries.references], images, css.test
    )
    report.figures["R@1"]          # {"value": ..., "low": ..., "high": ...}
    report.recompute().figures == report.figures        # True
    ```
    """

    protocol: str
    protocol_version: int
    benchmark: str
    split: str
    dataset_fingerprint: str
    model_fingerprint: str
    package_version: str
    num_candidates: int
    resamples: int
    seed: int
    figures: dict[str, dict[str, float]]
    slices: dict[str, dict[str, Any]]
    context: dict[str, Any]
    ranks: np.ndarray
    groups: dict[str, np.ndarray]

    def __post_init__(self):
        ranks = checked_ranks(self.ranks, self.num_candidates)
        object.__setattr__(self, "ranks", ranks)
        for name, values in self.groups.items():
            if len(values) != len(ranks):
                raise ValueError(
                    f"`groups` must have one value per rank ({len(ranks)}). "
                    f"Received: {len(values)} for {name!r}"
                )

    @property
    def num_queries(self) -> int:
        return len(self.ranks)

    @property
    def num_unanswerable(self) -> int:
        """Queries without a valid candidate; they count as misses."""
        best = self.ranks if self.ranks.ndim == 1 else self.ranks[:, 0]
        return int((best == 0).sum())

    @property
    def lost_queries(self) -> int:
        """Queries that an image lacks for; no figure counts them."""
        return self.context.get("lost_queries", 0)

    def bounds(self) -> dict[str, dict[str, float]]:
        """Each figure if all lost queries were misses, and if all were hits.

        Returns:
            Dict of figure name -> `{"low", "high"}`.
        """
        total = self.num_queries + self.lost_queries
        return {
            name: {
                "low": figure["value"] * self.num_queries / total,
                "high": (figure["value"] * self.num_queries + self.lost_queries)
                / total,
            }
            for name, figure in self.figures.items()
        }

    def recompute(self) -> Self:
        """The same report with figures and slices made again from the ranks.

        They equal the stored ones; intervals only under a NumPy version that
        draws the same random numbers (see `context["numpy"]`).
        """
        protocol = get_protocol(self.protocol)
        if protocol.version != self.protocol_version:
            raise ValueError(
                f"`recompute` needs version {self.protocol_version} of "
                f"{self.protocol!r}. Received: version {protocol.version}. "
                f"Use keras_cmr {self.package_version}"
            )
        figures, slices = summarise(
            protocol, self.ranks, self.groups, self.resamples, self.seed
        )
        return dataclasses.replace(self, figures=figures, slices=slices)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write JSON. A reader sees the old file or the new one, never half."""
        record = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
        }
        report_file.write(pathlib.Path(path), record, self.num_unanswerable)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file written by `save`; any flaw is a `ValueError`."""
        path = pathlib.Path(path)
        names = [field.name for field in dataclasses.fields(cls)]
        record = report_file.read(path, names)
        try:
            return cls(**record)
        except (TypeError, ValueError) as error:
            raise ValueError(f"`path` {path}: {error}") from error

    def __str__(self) -> str:
        return report_table.table(self)


def summarise(protocol, ranks, groups, resamples, seed):
    """Figures over all queries, and over each value of each group.

    Args:
        protocol: `Protocol` that turns ranks into outcomes.
        ranks: int array `(num_queries,)` or `(num_queries, most)`.
        groups: Dict of group name -> array `(num_queries,)`.
        resamples: int. Bootstrap resamples.
        seed: int. Seed; every slice uses it afresh, so that a slice's interval
            does not depend on which other slices exist.

    Returns:
        Tuple of dicts `(figures, slices)` as in `Report`.
    """
    slices = {}
    for group, values in groups.items():
        for value in np.unique(values):
            chosen = ranks[values == value]
            slices[f"{group}={value}"] = {
                "n": len(chosen),
                "figures": bootstrap_figures(
                    protocol.outcomes(chosen), resamples, seed
                ),
            }
    figures = bootstrap_figures(protocol.outcomes(ranks), resamples, seed)
    return figures, slices
