"""Tables and the figure of `benchmarks/gallery.py`, from its JSON files."""

import json
from pathlib import Path

from benchmarks.gallery_figure import draw
from benchmarks.gallery_names import NAMES
from benchmarks.gallery_names import TITLES
from benchmarks.gallery_names import title
from benchmarks.readme_block import fill_readme

FIGURE = Path(__file__).parents[1] / "docs" / "images" / "gallery_recall.png"
RECALLS = (0.95, 0.98, 0.99)
DRAWN = ("1m", "200k", "minilm", "glove")
GROWTH = ("10k", "100k", "1m")
IN_README = ("200k", "1m", "minilm")


def write(folder, into_docs=True):
    """`table.md`, `speed.md` and the figure; the last two in the docs too."""
    records = {name: found for name in TITLES if (found := read(folder, name))}
    parts = [engines(name, found) for name, found in records.items()]
    parts += [growth(records), *map(filters, filtered(folder).items())]
    text = "\n".join(part for part in parts if part)
    (folder / "table.md").write_text(text)
    print(text)
    speed = cost_rows({n: records[n] for n in IN_README if n in records})
    (folder / "speed.md").write_text(speed)
    if into_docs:
        fill_readme("gallery", speed)
    drawn = {name: records[name] for name in DRAWN if name in records}
    if drawn:
        draw(drawn, FIGURE if into_docs else folder / "recall.png")


def read(folder, name):
    """Records of a set by engine, in the order of `NAMES`."""
    paths = {engine: folder / f"{name}_{engine}.json" for engine in NAMES}
    return {
        engine: json.loads(path.read_text())
        for engine, path in paths.items()
        if path.exists()
    }


def filtered(folder):
    return {
        name: json.loads(path.read_text())
        for name in TITLES
        if (path := folder / f"{name}_filters.json").exists()
    }


def cheapest(record, least, through=("gallery", None)):
    """The point of least CPU time whose recall is high enough, or `None`."""
    return min(
        (
            point
            for point in record["curve"]
            if point["recall"]["value"] >= least
            and point["setting"].get("through") in through
        ),
        key=lambda point: point["cpu_ms"]["median"],
        default=None,
    )


def engines(name, records):
    """One line an engine."""
    first = next(iter(records.values()))
    columns = [f"CPU ms at recall {least}" for least in RECALLS]
    head = [
        title(name, first),
        *columns,
        "p50 / p99",
        "build (CPU)",
        "memory: build, open",
        "disk",
        "open",
        "add 1,000",
    ]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for engine, record in records.items():
        cells = [NAMES[engine]]
        for least in RECALLS:
            point = cheapest(record, least)
            cells.append(f"{point['cpu_ms']['median']:.2f}" if point else "-")
        single = record["single"][-1]
        cells.append(f"{single['p50_ms']:.1f} / {single['p99_ms']:.1f} ms")
        made, opened = record["build"], record["open"]
        cells.append(
            f"{made['wall_seconds']:.0f} s ({made['cpu_seconds']:.0f} s)"
        )
        cells.append(
            f"{made['memory']['peak_resident_mib'] / 1024:.1f}, "
            f"{opened['memory']['after']['anonymous_mib'] / 1024:.2f} GiB"
        )
        cells.append(f"{made['disk_mib'] / 1024:.1f} GiB")
        cells.append(f"{opened['wall_seconds']:.1f} s")
        added = record.get("add")
        cells.append(
            f"{added['wall_seconds']['median']:.2f} s" if added else "-"
        )
        lines.append("| " + " | ".join(cells) + " |")
    if "ours" in records:
        lines += ["", calibrated(records["ours"])]
    return "\n".join(lines) + "\n"


def cost_rows(records):
    """The README's table: CPU time a query where recall is high enough."""
    head = ["gallery", "engine"]
    head += [f"recall@10 >= {least}" for least in RECALLS[:2]]
    head += ["times cheaper than exact", "memory, open", "load"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, found in records.items():
        whole = found.get("exact")
        for engine, record in found.items():
            points = [cheapest(record, least) for least in RECALLS[:2]]
            cells = [title(name, record), NAMES[engine]]
            cells += [
                f"{p['cpu_ms']['median']:.2f} ms" if p else "-" for p in points
            ]
            times = ""
            if whole and engine != "exact" and points[0]:
                cost = whole["curve"][0]["cpu_ms"]["median"]
                times = f"{cost / points[0]['cpu_ms']['median']:.1f}"
            open_mib = record["open"]["memory"]["after"]["anonymous_mib"]
            cells += [times, f"{open_mib / 1024:.2f} GiB"]
            hardware = record["hardware"]
            load = max(
                hardware["load_average"][0], hardware["load_average_after"]
            )
            cells.append(f"{load:.1f}")
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def calibrated(record):
    """A sentence about the gallery's own setting."""
    own, engine = record["curve"][0], record["open"]["described"]
    recall = own["recall"]
    return (
        f"Gallery's own choice ({engine['engine']}, recall_target="
        f"{engine['recall_target']}): recall@10 {recall['value']:.4f} "
        f"[{recall['low']:.4f}, {recall['high']:.4f}], "
        f"{own['cpu_ms']['median']:.2f} ms CPU a query in a batch, "
        f"p50 {record['single'][0]['p50_ms']:.1f} ms, "
        f"p99 {record['single'][0]['p99_ms']:.1f} ms one at a time."
    )


def growth(records):
    """What a query costs as the gallery grows."""
    lines = [
        "| Gallery of | recall@10 | CPU ms a query | times the smaller one |",
        "|---|---|---|---|",
    ]
    before = None
    for name in GROWTH:
        if "ours" not in records.get(name, ()):
            return ""
        point = records[name]["ours"]["curve"][0]
        cost = point["cpu_ms"]["median"]
        times = f"{cost / before:.1f}" if before else ""
        lines.append(
            f"| {records[name]['ours']['config']['rows']:,} | "
            f"{point['recall']['value']:.4f} | {cost:.2f} | {times} |"
        )
        before = cost
    return "\n".join(lines) + "\n"


def filters(item):
    name, record = item
    lines = [
        f"| `where=`, {title(name, record)} | rows | recall@10 | worst query "
        "| p50 / p99 |",
        "|---|---|---|---|---|",
    ]
    for kind, found in record["filters"].items():
        recall, times = found["recall"], found["latency"]
        lines.append(
            f"| {kind} | {found['share']:.2%} | {recall['value']:.4f} "
            f"[{recall['low']:.4f}, {recall['high']:.4f}] | "
            f"{found['worst_query']:.1f} | {times['p50_ms']:.1f} / "
            f"{times['p99_ms']:.1f} ms |"
        )
    return "\n".join(lines) + "\n"
