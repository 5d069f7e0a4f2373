"""What `diagnose` found."""

import dataclasses
import json
import pathlib

from keras_cmr.durable import replace_file
from keras_cmr.evaluation.diagnosis.sections import sections


@dataclasses.dataclass(frozen=True, eq=False)
class Diagnosis:
    """What `diagnose` found. `print(diagnosis)` shows it as Markdown.

    Args:
        report: `Report` under the protocol, with more slices than usual.
        outcomes: Dict of group -> what its first hits keep and change, or
            `None` where the objects of the images are not known.
        parts: Dict of group -> mean and deviation of each number that
            `query_parts` gives, or `None`.
        words: `WordDeletion`, or `None`.
        examples: Tuple of `Example`, queries to look at.
        notes: Tuple of str: which looks were not possible, and why.
        split: The `Split`.
        sample: int. Queries whose parts and words were looked at.
    """

    report: object
    outcomes: dict | None
    parts: dict | None
    words: object | None
    examples: tuple
    notes: tuple[str, ...]
    split: object
    sample: int

    @property
    def sections(self):
        """List of `Section`, the tables that every form of it shows."""
        return sections(self)

    def word_table(self, by):
        """`WordDeletion.table` with the report's bootstrap; `{}` if none."""
        if self.words is None:
            return {}
        return self.words.table(by, self.report.resamples, self.report.seed)

    def to_dict(self):
        """Plain dict that fits into JSON."""
        report, images = self.report, self.split.images
        texts = self.split.queries.modifications
        return {
            "format": "keras_cmr.evaluation.Diagnosis",
            "format_version": 1,
            "benchmark": report.benchmark,
            "split": report.split,
            "protocol": report.protocol,
            "protocol_version": report.protocol_version,
            "dataset_fingerprint": report.dataset_fingerprint,
            "model_fingerprint": report.model_fingerprint,
            "package_version": report.package_version,
            "context": report.context,
            "num_queries": report.num_queries,
            "num_candidates": report.num_candidates,
            "sample": self.sample,
            "figures": report.figures,
            "slices": report.slices,
            "outcomes": self.outcomes,
            "parts": self.parts,
            "word_classes": self.word_table("roles"),
            "words": self.word_table("words"),
            "notes": list(self.notes),
            "examples": [
                {
                    "query": example.row,
                    "modification": str(texts[example.row]),
                    "outcome": example.outcome,
                    "rank": example.rank,
                    "hits": images.ids[example.hits].tolist(),
                    "scores": [round(float(s), 6) for s in example.scores],
                    "words": [
                        [piece, round(drop, 6)] for piece, drop in example.words
                    ],
                }
                for example in self.examples
            ],
        }

    def save(self, folder):
        """Write `report.json`, `diagnosis.json` and `diagnosis.md`.

        Args:
            folder: str or path. Made if it is not there.
        """
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.report.save(folder / "report.json")
        content = json.dumps(
            self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False
        )
        replace_file(folder / "diagnosis.json", content + "\n")
        replace_file(folder / "diagnosis.md", str(self) + "\n")

    def __str__(self):
        report = self.report
        where = "/".join(filter(None, (report.benchmark, report.split)))
        lines = [f"# Diagnosis: {where}, {report.protocol}", ""]
        lines += [f"- {note}." for note in self.notes]
        for section in self.sections:
            lines += ["", section.to_markdown()]
        return "\n".join(lines)
