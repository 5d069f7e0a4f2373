"""Exact ranking at the size of Fashion200k: time over bare matrix products.

python benchmarks/evaluation.py

Ranks 33,480 queries among 30,000 candidates of 512 numbers, both unit rows of
random directions, by `keras_cmr.evaluation.first_hit_ranks`; about three
candidates share a label, the reference is excluded. Beside it, in alternating
rounds, the same chunks of matrix products alone. Memory is what the process
takes at most over what it held before. Writes
`benchmarks/results/evaluation/ranking.json`. `--smoke --out FOLDER` runs toy
sizes.
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from benchmarks import measuring  # noqa: E402
from keras_cmr.evaluation import first_hit_ranks  # noqa: E402
from keras_cmr.evaluation.scores import SCORES_AT_ONCE  # noqa: E402

RESULTS = HERE / "results" / "evaluation"
SIZE = {"queries": 33_480, "candidates": 30_000, "dim": 512, "rounds": 5}
TOY = {"queries": 200, "candidates": 300, "dim": 16, "rounds": 2}
IMAGES_A_LABEL = 3


def unit_rows(random, rows, dim):
    vectors = random.standard_normal((rows, dim), "float32")
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def measure(queries, candidates, dim, rounds):
    """Timings of both sides and the memory that ranking takes."""
    random = np.random.default_rng(0)
    query_rows = unit_rows(random, queries, dim)
    candidate_rows = unit_rows(random, candidates, dim)
    labels = random.integers(candidates // IMAGES_A_LABEL, size=candidates)
    wanted = labels[random.integers(candidates, size=queries)]
    excluded = random.integers(candidates, size=queries)
    chunk = max(1, SCORES_AT_ONCE // candidates)

    def products(steps):
        scores = np.empty((min(chunk, queries), candidates), "float32")
        for _ in range(steps):
            for first in range(0, queries, chunk):
                rows = query_rows[first : first + chunk]
                np.matmul(rows, candidate_rows.T, out=scores[: len(rows)])

    def ranking(steps):
        for _ in range(steps):
            first_hit_ranks(
                query_rows, candidate_rows, wanted, labels, excluded
            )

    measuring.forget_memory_peak()
    before = measuring.memory_mib("VmHWM")
    ranking(1)
    peak = measuring.memory_mib("VmHWM")
    sides = {
        name: lambda steps, run=run: measuring.timed(run, steps)
        for name, run in {"products": products, "ranking": ranking}.items()
    }
    timings = measuring.alternate(sides, rounds, 1)
    return {
        "ratio": measuring.ratios(timings, "ranking", "products"),
        "seconds": measuring.summary(timings),
        "memory": {
            "before_mib": before,
            "peak_mib": peak,
            "ranking_mib": peak - before,
        },
        "rounds": timings,
    }


def main(arguments=None):
    parser = measuring.parser(__doc__)
    chosen = measuring.chosen(parser, arguments)
    config = TOY if chosen.smoke else SIZE
    before = measuring.hardware()
    record = {"config": config, **measure(**config)}
    path = (chosen.out or RESULTS) / "ranking.json"
    measuring.write_record(path, record, before)
    ratio = record["ratio"]["cpu_seconds"]
    print(
        f"ranking / bare products: {ratio['median']:.2f} "
        f"[{ratio['min']:.2f}, {ratio['max']:.2f}] CPU time, "
        f"{record['memory']['ranking_mib']:.0f} MiB over the inputs"
    )


if __name__ == "__main__":
    main()
