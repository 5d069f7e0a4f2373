"""CSS results: every row of the README's table, and what the MI terms add.

python benchmarks/css.py rows    one full run a config
python benchmarks/css.py seeds   TIRG and TIRG + MI, 3 seeds, a smaller budget
python benchmarks/css.py table   the tables of benchmarks/results/css again

Each run is `keras-cmr train` in a process of its own, in `runs/`; one whose
report lies in `benchmarks/results/css` is not repeated.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from benchmarks.readme_block import fill_readme  # noqa: E402
from keras_cmr.evaluation import Report  # noqa: E402
from keras_cmr.evaluation import compare_seeds  # noqa: E402

RESULTS = HERE / "results" / "css"
ROWS = {
    "css_imageonly": "image only",
    "css_textonly": "text only",
    "css_concat": "concatenation",
    "css_tirg": "TIRG",
    "css_tirg_mi": "TIRG + MI",
    "css_tirg_lastconv": "TIRG last-conv",
    "css_tirg_mi_lastconv": "TIRG last-conv + MI",
}
SEEDS = (0, 1, 2)
SEED_SETTINGS = ("scenes=2000", "epochs=2")
COMPARED = ("css_tirg", "css_tirg_mi")
FIGURES = ("R@1", "R@5", "R@10")


def run(config, name, *settings):
    """Trains one model and keeps its report, its history and its output."""
    report = RESULTS / f"{name}.json"
    if report.exists():
        return
    out = HERE.parent / "runs" / name
    shutil.rmtree(out, ignore_errors=True)
    # Paths from the checkout's top, as a reader of the report would type.
    command = [sys.executable, "-m", "keras_cmr.cli", "train"]
    command += [f"configs/{config}.yaml", "--out", f"runs/{name}"]
    for setting in settings:
        command += ["--set", setting]
    subprocess.run(command, check=True, cwd=HERE.parent)
    report.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(out / "history.json", RESULTS / f"{name}.history.json")
    shutil.copy(out / "report.json", report)


def seed_name(config, seed):
    return f"seeds/{config}_{seed}"


def write_tables():
    """The tables of the reports that exist, beside them and in the README."""
    rows = result_rows()
    (RESULTS / "rows.md").write_text(rows)
    fill_readme("rows", rows)
    sides = [
        [RESULTS / f"{seed_name(config, seed)}.json" for seed in SEEDS]
        for config in COMPARED
    ]
    if all(path.exists() for side in sides for path in side):
        base, with_mi = ([Report.load(path) for path in s] for s in sides)
        comparison = compare_seeds(base, with_mi)
        print(comparison)
        (RESULTS / "mutual_information.json").write_text(
            json.dumps(comparison.to_dict(), indent=1) + "\n"
        )
        terms = term_rows(comparison)
        (RESULTS / "mutual_information.md").write_text(terms)
        fill_readme("terms", terms)
    print(rows)


def result_rows():
    """One line a config, as Markdown."""
    lines = [
        f"| model | {' | '.join(FIGURES)} | training |",
        "|---" * (len(FIGURES) + 2) + "|",
    ]
    for config, title in ROWS.items():
        path = RESULTS / f"{config}.json"
        if path.exists():
            report = Report.load(path)
            cells = [percent(report.figures[name]) for name in FIGURES]
            minutes = report.context["training_seconds"] / 60
            cells.append(f"{minutes:.0f} min")
            lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def term_rows(comparison):
    """What the terms change, one line a figure, as Markdown."""
    lines = ["| | TIRG | TIRG + MI | difference |", "|---|---|---|---|"]
    for name in FIGURES:
        figure = {k: 100 * v for k, v in comparison.figures[name].items()}
        lines.append(
            f"| {name} | {figure['a']:.1f} | {figure['b']:.1f} | "
            f"{figure['difference']:+.1f} "
            f"[{figure['low']:+.1f}, {figure['high']:+.1f}] |"
        )
    return "\n".join(lines) + "\n"


def percent(figure):
    value, low, high = (100 * figure[k] for k in ("value", "low", "high"))
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"


def main(what):
    if what == "rows":
        for config in ROWS:
            run(config, config)
    elif what == "seeds":
        for seed in SEEDS:
            for config in COMPARED:
                run(
                    config,
                    seed_name(config, seed),
                    f"seed={seed}",
                    *SEED_SETTINGS,
                )
    elif what != "table":
        raise SystemExit(__doc__)
    write_tables()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "")
