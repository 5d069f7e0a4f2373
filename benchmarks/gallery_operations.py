"""Random operations on a gallery, against a dictionary and exact search.

python benchmarks/gallery_operations.py [--operations 1000000] [--seed 0]

Rows are added (as images and as embeddings), updated, removed and searched in
batches of 1 to 200, with filters, exclusions, refused calls, compactions,
reopenings and a second handle that takes in what the first one wrote. Every
row and every query is one operation. Wherever the gallery searches exactly,
each answer must be that of `tests/retrieval/reference_gallery.py`; where it
uses ScaNN, each hit must be right and only the recall is less than one. Writes
`benchmarks/results/gallery/operations.json`; exit status 1 on any
disagreement.
"""

import sys
import tempfile
import time
import warnings
from pathlib import Path

from tqdm import tqdm

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from benchmarks import measuring  # noqa: E402
from benchmarks.gallery_calls import Operations  # noqa: E402
from benchmarks.gallery_worker import interval  # noqa: E402

RESULTS = HERE / "results" / "gallery"
EXACT_BELOW = 3_000
# The gallery drifts below this many rows, over and under `EXACT_BELOW`.
MOST_ROWS = 12_000
MOST_DISAGREEMENTS = 20


def measure(operations, seed, exact_below, most_rows):
    """Runs operations until there are so many, or too much is wrong."""
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        tqdm(total=operations, unit="operation", unit_scale=True) as bar,
        warnings.catch_warnings(),
    ):
        # A small or odd gallery may miss the target and be searched exactly.
        warnings.filterwarnings("ignore", "Exact search is used")
        run = Operations(Path(folder) / "g", seed, exact_below, most_rows)
        while (
            run.done.total() < operations
            and len(run.disagreements) < MOST_DISAGREEMENTS
        ):
            bar.update(run.step())
        run.check_ids()
        verified = run.gallery.verify()
    return {
        "operations": run.done.total(),
        "calls": run.steps.total(),
        "rows_or_queries_by_call": dict(run.done),
        "calls_by_name": dict(run.steps),
        "searches_compared_exactly": run.exact,
        "searches_by_scann": len(run.recalls),
        "recall_of_scann": interval(run.recalls) if run.recalls else None,
        "disagreements": run.disagreements,
        "rows_at_the_end": len(run.reference.rows),
        "verified": verified,
        "seconds": time.perf_counter() - start,
    }


def main(arguments=None):
    parser = measuring.parser(__doc__)
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = measuring.chosen(parser, arguments)
    config = {
        "operations": chosen.operations,
        "seed": chosen.seed,
        "exact_below": 600 if chosen.smoke else EXACT_BELOW,
        "most_rows": 1_500 if chosen.smoke else MOST_ROWS,
    }
    before = measuring.hardware()
    record = {"config": config, **measure(**config)}
    path = (chosen.out or RESULTS) / "operations.json"
    measuring.write_record(path, record, before)
    for line in record["disagreements"]:
        print(f"seed {chosen.seed}, {line}")
    print(
        f"{record['operations']:,} operations in {record['calls']:,} calls: "
        f"{len(record['disagreements'])} disagreements"
    )
    return 1 if record["disagreements"] else 0


if __name__ == "__main__":
    sys.exit(main())
