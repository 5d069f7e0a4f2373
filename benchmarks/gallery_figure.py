"""Recall against cost, from the JSON files of `benchmarks/gallery.py`."""

from benchmarks.gallery_names import NAMES
from benchmarks.gallery_names import title


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
