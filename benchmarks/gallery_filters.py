"""`where=` on a gallery: recall against brute force, latency beside none.

Filters leave 10 %, 1 % or 0.1 % of the rows. "random": by `shade`, which has
nothing to do with the vectors. "near" and "far": the cells whose rows are
nearest to the query on average, or farthest, until they hold a tenth of all
rows; of these by `shade` so many that the share is right. Each query has its
own cells, so queries are searched one at a time.
"""

import os
import time

import numpy as np

from benchmarks import gallery_data
from benchmarks.gallery_engines import Ours
from benchmarks.gallery_engines import shade
from benchmarks.gallery_worker import interval
from benchmarks.gallery_worker import latency

SHARES = (0.1, 0.01, 0.001)
CELL_SHARE = 0.1
KINDS = ("random", "near", "far")
QUERIES = 100
K = 10


def measure(folder):
    """Recall and latency without a filter and for every kind and share."""
    data = gallery_data.load(folder)
    engine = Ours(data, folder / "ours")
    described = engine.open()
    queries = data.queries[:QUERIES]
    scores = np.concatenate(
        [queries @ block.T for _, block in gallery_data.blocks(data.vectors)],
        axis=1,
    )
    shades = np.array([shade(row) for row in range(len(data.vectors))])
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        found = {"none": _ask(engine, data, scores, lambda _: (None, None))}
        for kind in KINDS:
            for share in SHARES:

                def chosen(row, kind=kind, share=share):
                    if kind == "random":
                        return by_shade(shades, share)
                    return by_cell(
                        data.cells,
                        shades,
                        scores[row] if kind == "near" else -scores[row],
                        share,
                    )

                name = f"{kind} {share:.1%}"
                found[name] = _ask(engine, data, scores, chosen)
                print(
                    f"  {name}: recall {found[name]['recall']['value']:.4f}, "
                    f"p50 {found[name]['latency']['p50_ms']:.1f} ms",
                    flush=True,
                )
    finally:
        os.sched_setaffinity(0, cores)
    return {"engine": described, "filters": found}


def by_shade(shades, share):
    bound = round(1_000 * share)
    return {"shade": {"$lt": bound}}, shades < bound


def by_cell(cells, shades, scores, share):
    """The cells of the highest scores that hold `CELL_SHARE` of the rows."""
    sizes = np.bincount(cells)
    means = np.bincount(cells, scores) / np.maximum(sizes, 1)
    order = np.argsort(np.where(sizes, -means, np.inf))
    enough = np.searchsorted(np.cumsum(sizes[order]), CELL_SHARE * len(cells))
    chosen = order[: enough + 1]
    where, mask = {"cell": chosen.tolist()}, np.isin(cells, chosen)
    if share < CELL_SHARE:
        by_shades, of_shades = by_shade(shades, share / CELL_SHARE)
        return {**where, **by_shades}, mask & of_shades
    return where, mask


def _ask(engine, data, scores, choose):
    """Searches each query with the filter that `choose(row)` gives it.

    `choose` returns `where=` and the mask of rows that satisfy it.
    """
    seconds, shares, matching = [], [], []
    for row, query in enumerate(data.queries[: len(scores)]):
        where, mask = choose(row)
        allowed = scores[row] if mask is None else scores[row][mask]
        best = -np.sort(-allowed)[:K]
        start = time.perf_counter()
        hits = engine.gallery.search_embeddings(query[None], K, where=where)[0]
        seconds.append(time.perf_counter() - start)
        found = [int(hit.id) for hit in hits]
        if mask is not None and not mask[found].all():
            raise ValueError(f"A hit does not satisfy {where}")
        least = best[-1] - gallery_data.TIE if len(best) else np.inf
        right = np.count_nonzero(scores[row][found] >= least)
        shares.append(min(1.0, right / len(best)) if len(best) else 1.0)
        matching.append(len(allowed) / scores.shape[1])
    return {
        "recall": interval(shares),
        "worst_query": min(shares),
        "share": float(np.mean(matching)),
        "latency": latency(seconds),
    }
