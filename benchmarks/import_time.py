"""What importing costs: `keras_cmr` beside `keras` alone, and `--help`.

python benchmarks/import_time.py imports
python benchmarks/import_time.py help
python benchmarks/import_time.py table

`imports`: each import in a process of its own, sides taking turns; times are
those of the child alone, CPU (user and system) and wall. *Every public module
named* touches all of `keras_cmr.__all__`. `help`: `python -m keras_cmr.cli
--help` many times over, and the wheel, built and weighed. `table` puts both
into `table.md`. Files are in `benchmarks/results/import_time/`. `--smoke --out
FOLDER` takes one round.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from benchmarks import measuring  # noqa: E402

RESULTS = HERE / "results" / "import_time"
ROUNDS = 7
CHECK = "\nimport sys; print(int('tensorflow' in sys.modules))"
SIDES = {
    "python": ["-c", "pass"],
    "keras": ["-c", "import keras"],
    "keras_cmr": ["-c", "import keras_cmr"],
    "keras, then keras_cmr": ["-c", "import keras, keras_cmr"],
    "all of keras_cmr": [
        "-c",
        "import keras_cmr\n"
        "for name in keras_cmr.__all__: getattr(keras_cmr, name)",
    ],
}
# Name in the table -> side, what it is measured against, most allowed.
RATIOS = {
    "`import keras_cmr`": ("keras_cmr", "keras", 1.1),
    "`import keras, keras_cmr`": ("keras, then keras_cmr", "keras", 1.1),
    "every public module named": ("all of keras_cmr", "keras", None),
}
HELP = ["-m", "keras_cmr.cli", "--help"]
HELP_RUNS = 30
HELP_SECONDS = 1.0
WHEEL_MIB = 1.0


def child(arguments):
    """CPU and wall seconds of one Python process, and whether it loaded TF."""
    if arguments[0] == "-c":
        arguments = ["-c", arguments[1] + CHECK]
    before = os.times()
    start = time.perf_counter()
    process = subprocess.run(
        [sys.executable, *arguments],
        check=True,
        cwd=HERE.parent,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    wall = time.perf_counter() - start
    after = os.times()
    cpu = (
        after.children_user
        - before.children_user
        + after.children_system
        - before.children_system
    )
    # `--help` prints what it prints; imports print the check alone.
    loaded = process.stdout.split()[-1] == "1"
    return {"cpu_seconds": cpu, "wall_seconds": wall, "tensorflow": loaded}


def help_imports_tensorflow():
    """Whether TensorFlow is loaded when `keras-cmr --help` ends."""
    code = (
        "import runpy, sys\n"
        "sys.argv = ['keras-cmr', '--help']\n"
        "try: runpy.run_module('keras_cmr.cli', run_name='__main__')\n"
        "except SystemExit: pass"
    )
    return child(["-c", code])["tensorflow"]


def wheel_bytes():
    """Size of the wheel, built from this checkout."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                sys.executable,
                *("-m", "pip", "wheel", "-q", "--no-deps", "-w", folder),
                str(HERE.parent),
            ],
            check=True,
        )
        (wheel,) = Path(folder).glob("*.whl")
        return wheel.stat().st_size


def measure_imports(rounds):
    child(SIDES["all of keras_cmr"])  # byte code is written
    sides = {
        name: lambda steps, arguments=arguments: child(arguments)
        for name, arguments in SIDES.items()
    }
    timings = measuring.alternate(sides, rounds, 1)
    return {
        "ratios": {
            name: measuring.ratios(timings, side, base)
            for name, (side, base, _) in RATIOS.items()
        },
        "seconds": measuring.summary(timings),
        "tensorflow": {
            name: found[0]["tensorflow"] for name, found in timings.items()
        },
        "rounds": timings,
    }


def measure_help(rounds):
    timings = {"help": [child(HELP) for _ in range(rounds)]}
    return {
        "seconds": measuring.summary(timings)["help"],
        "tensorflow": help_imports_tensorflow(),
        "wheel_bytes": wheel_bytes(),
        "rounds": timings["help"],
    }


def table(imports, help_):
    """The figures as Markdown."""
    lines = [
        "| what | CPU time | over `import keras` [range] | at most | "
        "imports TensorFlow | load |",
        "|---|---|---|---|---|---|",
    ]
    rows = [("`import keras`", "keras", None, None)]
    rows += [
        (name, side, imports["ratios"][name]["cpu_seconds"], most)
        for name, (side, _, most) in RATIOS.items()
    ]
    for name, side, ratio, most in rows:
        seconds = imports["seconds"][side]["cpu_seconds"]["median"]
        shown = (
            "{median:.3f} [{min:.3f}, {max:.3f}]".format(**ratio)
            if ratio
            else ""
        )
        lines.append(
            f"| {name} | {seconds:.2f} s | {shown} | {most or ''} | "
            f"{_yes(imports['tensorflow'][side])} | {_load(imports)} |"
        )
    cpu, wall = (
        help_["seconds"][f"{kind}_seconds"] for kind in ("cpu", "wall")
    )
    lines += [
        f"| `keras-cmr --help`, {len(help_['rounds'])} times | "
        f"{cpu['median']:.2f} s; wall {wall['median']:.2f} "
        f"[{wall['min']:.2f}, {wall['max']:.2f}] s | | "
        f"{HELP_SECONDS:.0f} s wall | {_yes(help_['tensorflow'])} | "
        f"{_load(help_)} |",
        "",
        f"The wheel weighs {help_['wheel_bytes'] / 2**20:.2f} MiB, at most "
        f"{WHEEL_MIB:.0f}.",
    ]
    return "\n".join(lines) + "\n"


def _yes(fact):
    return "yes" if fact else "no"


def _load(record):
    return f"{record['hardware']['load_average'][0]:.1f}"


def main(arguments=None):
    parser = measuring.parser(__doc__)
    parser.add_argument("part", choices=["imports", "help", "table"])
    chosen = measuring.chosen(parser, arguments)
    folder = chosen.out or RESULTS
    if chosen.part == "table":
        records = [
            json.loads((folder / f"{part}.json").read_text())
            for part in ("imports", "help")
        ]
        text = table(*records)
        (folder / "table.md").write_text(text)
        print(text)
        return
    measure, rounds = {
        "imports": (measure_imports, ROUNDS),
        "help": (measure_help, HELP_RUNS),
    }[chosen.part]
    before = measuring.hardware()
    config = {"rounds": 1 if chosen.smoke else rounds}
    record = {"config": config, **measure(**config)}
    measuring.write_record(folder / f"{chosen.part}.json", record, before)


if __name__ == "__main__":
    main()
