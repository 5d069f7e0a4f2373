"""The modality gap of training runs, before and after training."""

import dataclasses
import json
from pathlib import Path

from keras_cmr import models
from keras_cmr import visualization
from keras_cmr.config import Config
from keras_cmr.durable import replace_file
from keras_cmr.evaluation import modality_gap
from keras_cmr.evaluation.context import environment
from keras_cmr.experiment import load_benchmark
from keras_cmr.training.untrained import untrained_model
from keras_cmr.version import __version__
from keras_cmr.visualization.theme import DARK
from keras_cmr.visualization.theme import LIGHT

FORMAT = "keras_cmr.gap"
THEMES = {"": LIGHT, "_dark": DARK}


@dataclasses.dataclass(frozen=True, eq=False)
class RunGap:
    """The gaps of one run.

    Args:
        run: Path of its folder.
        config: `Config` of the run.
        gaps: Dict of `"untrained"`, if asked for, and `"trained"` to its
            `ModalityGap`.
    """

    run: Path
    config: Config
    gaps: dict


def measure_run(run, untrained=False, max_queries=2000):
    """Measures a run's model on its benchmark's test split.

    Args:
        run: Path. Folder of a training run.
        untrained: bool. Whether to measure the model before its first step as
            well. Defaults to `False`.
        max_queries: int. See `modality_gap`. Defaults to `2000`.

    Returns:
        `RunGap`.
    """
    run = Path(run)
    config = Config.from_yaml(run / "config.yaml")
    trained = models.load(run / "model.keras")
    benchmark = load_benchmark(config)
    sides = {"trained": trained}
    if untrained:
        sides = {"untrained": untrained_model(config, benchmark), **sides}
    return RunGap(
        run,
        config,
        {
            title: modality_gap(model, benchmark.test, max_queries)
            for title, model in sides.items()
        },
    )


def write_gaps(gaps, out, command=""):
    """Writes the figures of several runs, and pictures into a folder.

    Args:
        gaps: List of `RunGap`.
        out: Path. A name that ends in `.json` is that of a file; any other
            one that of a folder for `gap.json` and, for each run, a picture
            on a light and one on a dark ground.
        command: str. How it was started, for the file.

    Returns:
        List of the paths written.
    """
    out = Path(out)
    alone = out.suffix == ".json"
    folder = out.parent if alone else out
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "format": FORMAT,
        "format_version": 1,
        "package_version": __version__,
        "command": command,
        "environment": environment(),
        "runs": [
            {
                "run": str(gap.run),
                "config": dataclasses.asdict(gap.config),
                **{title: g.to_dict() for title, g in gap.gaps.items()},
            }
            for gap in gaps
        ],
    }
    written = [out if alone else out / "gap.json"]
    replace_file(written[0], json.dumps(content, indent=1) + "\n")
    for number, gap in enumerate([] if alone else gaps, start=1):
        maps = {
            title: visualization.neighbour_map(found.embeddings)
            for title, found in gap.gaps.items()
        }
        for ending, theme in THEMES.items():
            path = out / f"{number}_{gap.run.resolve().name}{ending}.png"
            visualization.gap_picture(maps, theme).savefig(path, dpi=150)
            written.append(path)
    return written
