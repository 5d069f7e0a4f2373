"""A sweep of which the record, the pictures and all ranks are kept."""

import json
import shutil

from keras_cmr.sweep.points import parse_grid
from keras_cmr.sweep.run_sweep import sweep
from keras_cmr.visualization.sweep_picture import sweep_picture


def seed_by_seed(
    config, grid, out, results, command, seeds, one_at_a_time=False
):
    """A sweep, one seed after the other; what it came to goes to `results`.

    Args:
        config: `Config` whose keys the grid changes.
        grid: Sequence of str for `parse_grid`.
        out: Path of the runs' folder, from the checkout's top, which is the
            working directory: the files name the runs by it.
        results: Path of the folder that is committed.
        command: str. What starts this, for the record.
        seeds: Sequence of int.
        one_at_a_time: bool. See `sweep`. Defaults to `False`.
    """
    (results / "reports").mkdir(parents=True, exist_ok=True)
    # A sweep that goes on leaves no fewer seeds than it found.
    for count in range(_seeds_of(results, seeds), len(seeds) + 1):
        written = sweep(
            config,
            parse_grid(grid),
            out,
            seeds=seeds[:count],
            one_at_a_time=one_at_a_time,
            command=command,
        )
        for name, figure in (("sweep", None), ("sweep_at_10", "R@10")):
            picture = sweep_picture(written, figure=figure)
            if picture is not None:  # too little to draw
                picture.savefig(results / f"{name}.png", dpi=150)
        shutil.copy(out / "sweep.md", results)
        _copy(config, out / "sweep.json", results / "sweep.json")
        for point in written["points"]:
            for run in point["runs"]:
                if "figures" not in run:
                    continue  # it failed, and the tables say so
                report = out / run["folder"] / "report.json"
                name = f"{report.parent.name}.json"
                _copy(config, report, results / "reports" / name)


def _seeds_of(results, seeds):
    """How many of the seeds to begin with."""
    path = results / "sweep.json"
    there = json.loads(path.read_text())["seeds"] if path.exists() else []
    if not set(there) <= set(seeds):
        raise ValueError(
            f"`seeds` must be those of {path}, and more if wanted: {there}. "
            f"Received: seeds={list(seeds)}"
        )
    return max(len(there), 1)


def _copy(config, source, target):
    """Copies a JSON file; whose folder it was is nobody's affair."""
    text = source.read_text()
    if config.data_dir is not None:
        text = text.replace(json.dumps(config.data_dir), '"DATA"')
    target.write_text(text)
