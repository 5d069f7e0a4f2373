"""The tables of `fashion_products.py`, as Markdown."""

import numpy as np

from benchmarks.css import fill_readme
from keras_cmr.evaluation import Report
from keras_cmr.evaluation import compare_seeds

# What answers most comes first: these are run first, too.
ROWS = {
    "imageonly": "image only",
    "textonly": "text only",
    "concat": "concatenation",
    "tirg": "TIRG",
    "tirg_mi": "TIRG + MI",
    "concat_mi": "concatenation + MI",
    "residual": "residual",
    "residual_mi": "residual + MI",
    "film": "FiLM",
    "film_mi": "FiLM + MI",
    "sum": "sum",
    "sum_mi": "sum + MI",
    "composeae": "ComposeAE",
    "composeae_mi": "ComposeAE + MI",
    "tirg_minilm": "TIRG, texts by MiniLM (frozen)",
    "tirg_glove": "TIRG, words from GloVe",
    "tirg_mi_finetuned": "TIRG + MI, then the backbone, too",
}
FIGURES = ("R@1", "R@5", "R@10", "R@50")


def write(results, into_readme=True):
    """Writes `table.md` of the files in a folder, and into the README."""
    found = load(results)
    text = result_table(found)
    differences = difference_table(found)
    if differences:
        text += "\n" + differences
    (results / "table.md").write_text(text)
    if into_readme:
        fill_readme("photos", text)
    print(text)


def load(results):
    """Dict of row -> dict of seed -> `Report`, of the files that are there."""
    found = {}
    for name in ROWS:
        paths = results.glob(f"{name}_[0-9]*.json")
        seeds = {int(p.stem.removeprefix(f"{name}_")): p for p in paths}
        if seeds:
            found[name] = {k: Report.load(seeds[k]) for k in sorted(seeds)}
    return found


def result_table(found):
    """One line a row; the best of a column is bold."""
    values = {
        name: {
            figure: [100 * r.figures[figure]["value"] for r in seeds.values()]
            for figure in FIGURES
        }
        for name, seeds in found.items()
    }
    lines = [
        f"| model | {' | '.join(FIGURES)} | seeds |",
        "|---" * (len(FIGURES) + 2) + "|",
    ]
    for name, seeds in found.items():
        cells = []
        for figure in FIGURES:
            own = values[name][figure]
            text = f"{np.mean(own):.1f}"
            best = max(np.mean(other[figure]) for other in values.values())
            if np.mean(own) == best:
                text = f"**{text}**"
            if len(own) > 1:
                text += f" ± {np.std(own, ddof=1):.1f}"
            cells.append(text)
        lines.append(f"| {ROWS[name]} | {' | '.join(cells)} | {len(seeds)} |")
    return "\n".join(lines) + "\n"


def difference_table(found):
    """What the terms change, with the seeds that both sides have."""
    lines = [
        f"| with MI minus without | {' | '.join(FIGURES)} | seeds |",
        "|---" * (len(FIGURES) + 2) + "|",
    ]
    for name, title in ROWS.items():
        base, with_mi = found.get(name, {}), found.get(f"{name}_mi", {})
        common = sorted(set(base) & set(with_mi))
        if not common:
            continue
        comparison = compare_seeds(
            [base[seed] for seed in common], [with_mi[seed] for seed in common]
        )
        cells = []
        for figure in FIGURES:
            parts = comparison.figures[figure]
            difference, low, high = (
                100 * parts[key] for key in ("difference", "low", "high")
            )
            cells.append(f"{difference:+.1f} [{low:+.1f}, {high:+.1f}]")
        lines.append(f"| {title} | {' | '.join(cells)} | {len(common)} |")
    return "\n".join(lines) + "\n" if len(lines) > 2 else ""
