"""Kept and changed, separately: over all queries and over each kind."""

import numpy as np

from keras_cmr.evaluation.bootstrap import bootstrap_figures
from keras_cmr.evaluation.diagnosis.judge import judge

OUTCOMES = ("kept and changed", "kept only", "changed only", "neither")
SHARES = ("objects kept", "attributes kept")
CHANCE = "by chance"


def outcomes_of(scenes, split, hits):
    """Which of `OUTCOMES` each hit is: str array `(num_queries, k)`."""
    verdict = _judged(scenes, split, hits)
    places = 2 * (~verdict.kept) + (~verdict.changed)
    return np.array(OUTCOMES)[np.where(hits < 0, 3, places)]


def outcome_groups(scenes, split, hits, kinds, resamples, seed):
    """Shares of the outcomes among first hits, and means over all hits.

    Args:
        scenes: `Scenes` of the split's images.
        split: `Split`.
        hits: Int array `(num_queries, k)`, -1 where there is no hit.
        kinds: Str array `(num_queries,)`, or `None`.
        resamples: int. Bootstrap resamples.
        seed: int. Seed of the bootstrap, and of the images that stand for
            chance.

    Returns:
        Dict of group name -> `{"n", "first", "extra objects", "k", "all"}`,
        where `"first"` has estimates with intervals of the first hit and
        `"all"` means over the `k` hits. The group `"by chance"` judges one
        image drawn at random for each query.
    """
    k = hits.shape[1]
    rows = np.arange(len(hits))
    verdict = _judged(scenes, split, hits)
    there = hits >= 0
    drawn = np.random.default_rng(seed).integers(
        0, len(scenes.codes), (len(hits), 1)
    )
    chance = _judged(scenes, split, drawn)
    groups = {"all": rows}
    if kinds is not None:
        groups |= {
            str(kind): np.flatnonzero(kinds == kind)
            for kind in np.unique(kinds)
        }
    table = {
        name: _group(verdict, there, chosen, k, resamples, seed)
        for name, chosen in groups.items()
    }
    nobody = np.ones_like(drawn, bool)
    table[CHANCE] = _group(chance, nobody, rows, 1, resamples, seed)
    return table


def _judged(scenes, split, hits):
    codes = scenes.codes
    reference = codes[split.queries.references]
    target = codes[[own[0] for own in split.queries.targets]]
    return judge(reference[:, None], target[:, None], codes[hits])


def _group(verdict, there, rows, k, resamples, seed):
    kept, changed = verdict.kept[rows], verdict.changed[rows]
    found = there[rows]
    outcomes = dict(
        zip(
            OUTCOMES,
            (
                kept & changed,
                kept & ~changed,
                ~kept & changed,
                ~kept & ~changed,
            ),
            strict=True,
        )
    )
    first = bootstrap_figures(
        {
            name: (values[:, 0] & found[:, 0]).astype(float)
            for name, values in {
                **outcomes,
                "kept": kept,
                "changed": changed,
            }.items()
        },
        resamples,
        seed,
    )
    shares = (verdict.objects[rows], verdict.attributes[rows])
    for name, values in zip(SHARES, shares, strict=True):
        known = values[:, 0][found[:, 0] & ~np.isnan(values[:, 0])]
        if known.size:
            first |= bootstrap_figures({name: known}, resamples, seed)
    return {
        "n": len(rows),
        "first": first,
        "extra objects": float((verdict.extra[rows] * found)[:, 0].mean()),
        "k": k,
        "all": {
            name: float(values[found].mean()) if found.any() else 0.0
            for name, values in outcomes.items()
        },
    }
