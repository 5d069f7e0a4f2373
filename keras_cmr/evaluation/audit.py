"""What is wrong with a benchmark before any model is."""

import dataclasses
import json
import pathlib

from keras_cmr.durable import replace_file
from keras_cmr.evaluation.auditing import answers
from keras_cmr.evaluation.auditing import copies
from keras_cmr.evaluation.auditing import look_alikes
from keras_cmr.evaluation.auditing import texts
from keras_cmr.evaluation.auditing.audit_table import table
from keras_cmr.evaluation.auditing.finding import LEVELS
from keras_cmr.evaluation.auditing.unimodal import unimodal_rows


@dataclasses.dataclass(frozen=True, eq=False)
class Audit:
    """What `audit` found. `print(audit)` shows it as a table.

    Args:
        benchmark: The `Benchmark`.
        findings: Tuple of `Finding`, the leaks first.
        copies: List of `Group`, images that are the same byte for byte.
        look_alikes: List of `Group`, different images that look alike.
        unimodal: Dict of row name -> `Reports`, of queries that ignore the
            text, the image, or both.
    """

    benchmark: object
    findings: tuple
    copies: list
    look_alikes: list
    unimodal: dict

    @property
    def leaks(self):
        """The findings by which test figures profit from what they test."""
        return tuple(f for f in self.findings if f.level == "leak")

    def to_dict(self):
        """Plain dict that fits into JSON."""
        splits = splits_of(self.benchmark)
        return {
            "benchmark": self.benchmark.name,
            "fingerprint": self.benchmark.fingerprint,
            "findings": [
                {**dataclasses.asdict(f), "examples": list(f.examples)}
                for f in self.findings
            ],
            "copies": _named(splits, self.copies),
            "look_alikes": _named(splits, self.look_alikes),
            "unimodal": {
                row: {name: r.figures for name, r in reports.items()}
                for row, reports in self.unimodal.items()
            },
        }

    def save(self, path):
        """Write JSON."""
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(self.to_dict(), indent=1, ensure_ascii=False)
        replace_file(path, content + "\n")

    def __str__(self):
        return table(self)


def audit(benchmark, model=None, batch_size=256, verbose=1):
    """Look for leaks, copies, shortcuts and missing images of a benchmark.

    Three findings are *leaks*: an image of a held-out split that is byte for
    byte in the training split; the target's caption inside the query's text;
    a word in the vocabulary that only test texts have. All else is a note:
    copies within a split, images that look alike, queries with several right
    images, missing images, and how far a query of the reference alone gets.

    Args:
        benchmark: `Benchmark`.
        model: Object with `embed_targets` and `embed_queries`, or `None`.
            With one, the rows that ignore text or image come from it as
            well. Defaults to `None`.
        batch_size: int. Images embedded at once. Defaults to `256`.
        verbose: `0` or `1`. Progress bars. Defaults to `1`.

    Returns:
        An `Audit`.

    Example:

    ```python
    import keras_cmr

    css = keras_cmr.datasets.css.generate(scenes=20, verbose=0)
    found = keras_cmr.evaluation.audit(css, verbose=0)
    print(found)
    found.leaks
    ```
    """
    splits = splits_of(benchmark)
    held_out = [split for name, split in splits.items() if name != "train"]
    numbers = copies.contents(splits, verbose)
    groups = copies.copy_groups(numbers)
    small = {
        name: look_alikes.thumbnails(split.images.pixels, verbose)
        for name, split in splits.items()
    }
    alike, border = look_alikes.look_alike_groups(splits, numbers, small)
    test = benchmark.test
    findings = [
        *copies.copy_findings(splits, groups),
        texts.caption_in_text(test),
        texts.test_only_words(benchmark.train, held_out),
        *look_alikes.look_alike_findings(splits, alike, border),
        answers.several_answers(test),
        answers.twin_answers(test, numbers["test"]),
        answers.reference_is_right(test),
        *(answers.missing_images(split) for split in splits.values()),
    ]
    return Audit(
        benchmark,
        tuple(sorted(findings, key=lambda f: LEVELS.index(f.level))),
        groups,
        alike,
        unimodal_rows(benchmark, small["test"][1], model, batch_size, verbose),
    )


def splits_of(benchmark):
    """The splits that are there, by `"train"`, `"test"` and `"server"`."""
    named = {
        name: getattr(benchmark, name) for name in ("train", "test", "server")
    }
    return {name: split for name, split in named.items() if split is not None}


def _named(splits, groups):
    return [
        [copies.name_of(splits, image) for image in group.images]
        for group in groups
    ]
