"""What one run of a sweep came to, and where it lies."""

import dataclasses
import hashlib
import json
import re
from pathlib import Path

from keras_cmr.config import Config
from keras_cmr.evaluation import Report

LONGEST_NAME = 120
# The keys of a config that say what is in a benchmark.
DATA_KEYS = (
    "dataset",
    "data_dir",
    "scenes",
    "modifications",
    "renders",
    "jitter",
    "data_seed",
    "image_size",
    "view",
    "category",
    "captions",
)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A finished or a failed run.

    Args:
        seed: int. Training seed.
        folder: str. Folder of the run, below that of the sweep.
        report: `Report`, or `None` of a failed run.
        error: str, or `None` of a finished one.
    """

    seed: int
    folder: str
    report: Report | None = None
    error: str | None = None

    def to_dict(self):
        """Plain dict that fits into JSON."""
        if self.report is None:
            return {
                "seed": self.seed,
                "folder": self.folder,
                "error": self.error,
            }
        return {
            "seed": self.seed,
            "folder": self.folder,
            "figures": {
                name: figure["value"]
                for name, figure in self.report.figures.items()
            },
            "training_seconds": self.report.context["training_seconds"],
            "dataset_fingerprint": self.report.dataset_fingerprint,
            "model_fingerprint": self.report.model_fingerprint,
        }


def check_data(outcomes):
    """Refuses runs whose data changed from one to the other.

    Args:
        outcomes: Sequence of pairs of `Config` and `Outcome`.

    Raises:
        ValueError: If two configs name the same data, and the runs saw other
            test splits.
    """
    known = {}
    for config, outcome in outcomes:
        if outcome.report is None:
            continue
        named = tuple(getattr(config, key) for key in DATA_KEYS)
        first = known.setdefault(named, outcome)
        if (
            first.report.dataset_fingerprint
            != outcome.report.dataset_fingerprint
        ):
            raise ValueError(
                "Runs of one sweep must be of the same data. Received: "
                f"{first.folder} and {outcome.folder}, of which the test "
                "split differs. Name another folder, or remove the runs of "
                "the data that are no more"
            )


def folder_name(point, config):
    """A folder's name for a run of a point: readable, and its config's own."""
    words = [*point.settings.items(), ("seed", config.seed)]
    text = ",".join(f"{key}={value}" for key, value in words)
    text = re.sub(r"[^\w.,+=-]", "_", text)[:LONGEST_NAME]
    return f"{text}-{hashlib.sha256(config.to_yaml().encode()).hexdigest()[:8]}"


def finished_runs(folder: Path) -> dict[Config, Path]:
    """The runs in a folder that have a whole report, by their config.

    A run writes its report last, so one without is half a run. One whose
    config this version can't read, or reads otherwise, is no answer to what
    is asked now.
    """
    found = {}
    for path in sorted(folder.glob("*/report.json")):
        try:
            context = json.loads(path.read_text(encoding="utf-8"))["context"]
            config = Config.from_mapping(context["config"], str(path))
        except (KeyError, TypeError, ValueError):
            continue
        found[config] = path.parent
    return found
