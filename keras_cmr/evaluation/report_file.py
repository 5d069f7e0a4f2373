"""The JSON file of a report: format 1, or 2 with several ranks a query."""

import json

import numpy as np

from keras_cmr.durable import replace_file

FORMAT = "keras_cmr.evaluation.Report"
# As many as `ranks` has dimensions: a reader of format 1 reads what it can.
FORMAT_VERSIONS = (1, 2)


def write(path, record, num_unanswerable):
    """Write the fields of a report to `path`, atomically.

    Args:
        path: `pathlib.Path`. Folders are made.
        record: Dict of field name -> value; `ranks` and `groups` hold arrays.
        num_unanswerable: int. Written for human readers only.
    """
    if path.is_dir():
        raise ValueError(f"`path` must name a file. Received: folder {path}")
    ranks, groups = record["ranks"], record["groups"]
    head = {
        "format": FORMAT,
        "format_version": ranks.ndim,
        "num_queries": len(ranks),
        "num_unanswerable": num_unanswerable,
        **{k: v for k, v in record.items() if k not in ("ranks", "groups")},
    }
    coded = {}
    for group, values in groups.items():
        names, codes = np.unique(values, return_inverse=True)
        coded[group] = {"names": names.tolist(), "codes": codes.tolist()}
    # Readable head, then the long lists on one line each.
    text = json.dumps(head, indent=2, ensure_ascii=False, allow_nan=False)
    text = text.removesuffix("\n}")
    for name, value in (("groups", coded), ("ranks", ranks.tolist())):
        text += f',\n  "{name}": {json.dumps(value, separators=(",", ":"))}'
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text + "\n}\n")


def read(path, names):
    """Dict of the named fields of the report in `path`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"`path` must be a report in JSON. Received: {path}, {error}"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(
            f"`path` must be a report, whose `format` is {FORMAT!r}. "
            f"Received: {path}"
        )
    if content.get("format_version") not in FORMAT_VERSIONS:
        raise ValueError(
            "`path` must be a report of format version "
            f"{' or '.join(map(str, FORMAT_VERSIONS))}. "
            f"Received: {path} of version {content.get('format_version')!r}"
        )
    missing = [name for name in names if name not in content]
    if missing:
        raise ValueError(
            f"`path` must be a complete report. Received: {path} without "
            + ", ".join(f"`{name}`" for name in missing)
        )
    record = {name: content[name] for name in names}
    try:
        record["groups"] = {
            group: np.asarray(coded["names"], dtype=str)[coded["codes"]]
            for group, coded in content["groups"].items()
        }
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError(
            "`path` must be a report whose `groups` hold `names` and `codes`. "
            f"Received: {path}, {error!r}"
        ) from error
    return record
