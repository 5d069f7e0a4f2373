"""Tables and the figure of `benchmarks/gallery.py`, from its JSON files."""

import json
from pathlib import Path

FIGURE = Path(__file__).parents[1] / "docs" / "images" / "gallery_recall.png"
TITLES = {
    "10k": "synthetic",
    "100k": "synthetic",
    "200k": "synthetic",
    "1m": "synthetic",
    "minilm": "words by MiniLM",
    "glove": "GloVe's word vectors",
    "photos": "photos by EfficientNet-Lite0",
}
NAMES = {
    "ours": "Gallery",
    "ours_bfloat16": 'Gallery, reorder="bfloat16"',
    "ours_int8": 'Gallery, reorder="int8"',
    "faiss_ivf": "FAISS IVF-PQ fast scan",
    "faiss_hnsw": "FAISS HNSW",
    "exact": "exact",
}
RECALLS = (0.95, 0.98, 0.99)
DRAWN = ("1m", "200k", "minilm", "glove")
GROWTH = ("10k", "100k", "1m")


def write(folder, into_docs=True):
    """`table.md` and `recall.png` in `folder`, the figure in the docs too."""
    records = {name: found for name in TITLES if (found := read(folder, name))}
    parts = [engines(name, found) for name, found in records.items()]
    parts += [growth(records), *map(filters, filtered(folder).items())]
    text = "\n".join(part for part in parts if part)
    (folder / "table.md").write_text(text)
    print(text)
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


def title(name, record):
    config = record["config"]
    return f"{config['rows']:,} x {config['dim']}, {TITLES[name]}"


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


def lines_of(engine, record):
    """Label to points, the better ones only, for the figure."""
    kinds = {"index": "Gallery's index alone", "gallery": NAMES["ours"]}
    found = {}
    for point in record["curve"]:
        setting = point["setting"]
        if setting.get("through") == "gallery" and "leaves" not in setting:
            continue
        label = NAMES[engine]
        if engine == "ours":
            label = kinds[setting["through"]]
        found.setdefault(label, []).append(
            (point["cpu_ms"]["median"], point["recall"]["value"])
        )
    return {label: frontier(points) for label, points in found.items()}


def frontier(points):
    """Those that no cheaper one equals in recall, cheapest first."""
    best = []
    for cost, recall in sorted(points):
        if not best or recall > best[-1][1]:
            best.append((cost, recall))
    return best


def draw(records, path):
    """Recall against CPU time a query, one panel a set."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1, len(records), figsize=(4.2 * len(records), 4.2), squeeze=False
    )
    labels = {}
    for axis, (name, found) in zip(axes[0], records.items(), strict=True):
        for engine, record in found.items():
            for label, points in lines_of(engine, record).items():
                colour = labels.setdefault(label, f"C{len(labels)}")
                mark = "D" if engine == "exact" else "o"
                costs, recalls = zip(*points, strict=True)
                axis.plot(
                    costs, recalls, mark + "-", color=colour, label=label, ms=4
                )
            if engine == "ours":
                own = record["curve"][0]
                axis.plot(
                    own["cpu_ms"]["median"],
                    own["recall"]["value"],
                    "*",
                    color="black",
                    ms=12,
                    label="Gallery's own choice",
                    zorder=5,
                )
        axis.set_title(title(name, next(iter(found.values()))), fontsize=10)
        axis.set_xscale("log")
        axis.set_ylim(0.7, 1.005)
        axis.set_xlabel("CPU ms a query, batch")
        axis.grid(True, which="both", alpha=0.3)
    axes[0][0].set_ylabel("recall@10")
    handles = {
        label: handle
        for axis in axes[0]
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="lower center",
        ncols=2 * len(records),
        fontsize=9,
        frameon=False,
    )
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
