"""Runs every point of a grid, one after the other, as ordinary runs."""

import dataclasses
import gc
import itertools
import json
import time
from pathlib import Path

import keras

from keras_cmr import experiment
from keras_cmr.durable import replace_file
from keras_cmr.evaluation import Report
from keras_cmr.sweep.outcomes import Outcome
from keras_cmr.sweep.outcomes import check_data
from keras_cmr.sweep.outcomes import finished_runs
from keras_cmr.sweep.outcomes import folder_name
from keras_cmr.sweep.points import grid_points
from keras_cmr.sweep.record import record
from keras_cmr.sweep.table import table
from keras_cmr.visualization.sweep_picture import sweep_picture
from keras_cmr.write_lock import write_lock


def sweep(
    base,
    grid,
    out,
    seeds=(0,),
    random=None,
    random_seed=0,
    one_at_a_time=False,
    command="",
    say=print,
):
    """Trains and evaluates every point of a grid with every seed.

    Seeds are the outer loop: a sweep that is stopped has, of the seeds it
    reached, all points. Called again with the same folder it repeats no
    finished run (one with a report and an equal config), whatever grid that
    run was made for; half runs go on. A run that raises is recorded
    with its error, tried again by the next call, and keeps no other from
    running. All runs share this process: what kills it, as want of memory
    does, stops the sweep.

    Args:
        base: `Config` whose keys the grid changes.
        grid: Dict of key to list of values: see `grid_points`, `parse_grid`.
        out: Path. Folder for `sweep.json`, `sweep.md`, `sweep.png` and
            `runs/`: new, empty, or that of an earlier sweep.
        seeds: Sequence of int. Training seeds. Defaults to `(0,)`.
        random: int. That many points of the grid only. Defaults to `None`.
        random_seed: int. Seed of their choice. Defaults to `0`.
        one_at_a_time: bool. See `grid_points`. Defaults to `False`.
        command: str. How the sweep was started, for the record.
        say: Callable that takes a line of progress. Defaults to `print`.

    Returns:
        Dict, what `sweep.json` holds: see `record`.

    Raises:
        ValueError: For a point that can't be, a folder of something else, or
            if the data changed since some of the runs.
    """
    points = grid_points(base, grid, random, random_seed, one_at_a_time)
    seeds = _checked_seeds(seeds)
    out = _folder(Path(out))
    outcomes = {}

    def write():
        check_data([(c, outcome) for (_, c), outcome in outcomes.items()])
        found = record(
            base,
            grid,
            seeds,
            points,
            {
                point.config: [
                    outcomes[seed, point.config]
                    for seed in seeds
                    if (seed, point.config) in outcomes
                ]
                for point in points
            },
            command,
            one_at_a_time,
        )
        text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
        replace_file(out / "sweep.json", text)
        written = json.loads(text)
        replace_file(out / "sweep.md", table(written))
        return written

    with write_lock(out):
        known = finished_runs(out / "runs")
        progress = _Progress(len(seeds) * len(points), say)
        missing = []
        for seed, point in itertools.product(seeds, points):
            config = dataclasses.replace(point.config, seed=seed)
            if config in known:
                outcome = _outcome(out, known[config], seed)
                outcomes[seed, point.config] = outcome
                progress.kept(point, outcome)
            else:
                missing.append((point, config))
        # A kill before the first run must leave a folder to go on with.
        written = write()
        for point, config in missing:
            folder = out / "runs" / folder_name(point, config)
            start = time.perf_counter()
            outcome = _run(config, out, folder, command)
            outcomes[config.seed, point.config] = outcome
            progress.ran(point, outcome, time.perf_counter() - start)
            written = write()
        picture = sweep_picture(written)
        if picture is not None:
            picture.savefig(out / "sweep.png", dpi=150)
    return written


def _run(config, out, folder, command):
    # The last run's graphs and weights.
    keras.utils.clear_session()
    gc.collect()
    try:
        experiment.train(config, folder, command=command, verbose=0)
    # Whatever a point's layers raise; the other points must go on.
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        place = folder.relative_to(out).as_posix()
        return Outcome(config.seed, place, error=reason)
    return _outcome(out, folder, config.seed)


def _outcome(out, folder, seed):
    place = folder.relative_to(out).as_posix()
    return Outcome(seed, place, Report.load(folder / "report.json"))


def _checked_seeds(seeds):
    seeds = list(seeds)
    if (
        not seeds
        or len(set(seeds)) != len(seeds)
        or not all(type(seed) is int and seed >= 0 for seed in seeds)
    ):
        raise ValueError(
            "`seeds` must be distinct integers of at least 0, one or more. "
            f"Received: seeds={seeds}"
        )
    return seeds


def _folder(out):
    if out.exists() and (
        not out.is_dir()
        or (any(out.iterdir()) and not (out / "sweep.json").exists())
    ):
        raise ValueError(
            "`out` must be a new or empty folder, or that of an earlier "
            f"sweep. Received: {out}"
        )
    out.mkdir(parents=True, exist_ok=True)
    return out


class _Progress:
    """Lines such as `3/24 weight=0.1, seed 0: R@1 47.5, 62 s; 21 min left`."""

    def __init__(self, total, say):
        self.total = total
        self.say = say
        self.number = 0
        self.seconds = []

    def kept(self, point, outcome):
        self._line(point, outcome, "was there")

    def ran(self, point, outcome, seconds):
        self.seconds.append(seconds)
        left = self.total - self.number - 1
        mean = sum(self.seconds) / len(self.seconds)
        self._line(
            point, outcome, f"{seconds:.0f} s; about {_span(left * mean)} left"
        )

    def _line(self, point, outcome, ending):
        self.number += 1
        if outcome.report is None:
            result = f"FAILED, {outcome.error}"
        else:
            name, figure = next(iter(outcome.report.figures.items()))
            result = f"{name} {100 * figure['value']:.1f}"
        self.say(
            f"{self.number}/{self.total} {point.name}, seed {outcome.seed}: "
            f"{result}, {ending}"
        )


def _span(seconds):
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
