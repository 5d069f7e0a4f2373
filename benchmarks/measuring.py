"""Steps timed in processes of their own, in alternating rounds.

A worker is a process that holds one model and answers questions: the parent
writes one JSON line a question, `serve` calls the method it names and writes
the answer. So several models can be timed in turn, and what disturbs the
machine for a while disturbs all of them.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT_OF_MEMORY = 77  # exit status of a worker that passed its limit
PACKAGES = ("keras", "keras-hub", "tensorflow", "torch", "jax")


class Worker:
    """A process that runs `python -m {module} {task}`.

    Args:
        module: str. A module that calls `serve`.
        task: dict fit for JSON. What the module shall build.
        environ: dict. Environment variables of the process.
    """

    def __init__(self, module, task, environ=None):
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(task)],
            cwd=ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", **(environ or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, method, **arguments):
        """What `method(**arguments)` of the served object returns."""
        self.process.stdin.write(json.dumps([method, arguments]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if answer:
            return json.loads(answer)
        if self.process.wait() == OUT_OF_MEMORY:
            raise MemoryError(f"{method} passed the memory limit")
        raise RuntimeError(f"{self.process.args} ended during {method}")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def serve(steps):
    """Answers the questions on standard input until it is closed."""
    # Libraries print on standard output: only answers may get through.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        method, arguments = json.loads(line)
        print(
            json.dumps(getattr(steps, method)(**arguments)),
            file=answers,
            flush=True,
        )


def timed(run, steps):
    """CPU and wall seconds a step that `run(steps)` takes."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    run(steps)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime - usage.ru_utime + after.ru_stime - usage.ru_stime
    return {"cpu_seconds": cpu / steps, "wall_seconds": wall / steps}


def alternate(measures, rounds, steps):
    """Times each side in turn, `rounds` times over.

    Args:
        measures: dict from a side's name to `f(steps) -> timed(...)`.
        rounds: int.
        steps: int. Steps a side takes in one round.

    Returns:
        dict from a side's name to its list of timings.
    """
    found = {name: [] for name in measures}
    for number in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure(steps))
            cpu, wall = (
                found[name][-1][f"{kind}_seconds"] for kind in ("cpu", "wall")
            )
            print(
                f"  round {number + 1}/{rounds} {name}: "
                f"{1000 * cpu:.0f} ms CPU, {1000 * wall:.0f} ms wall a step",
                flush=True,
            )
    return found


def spread(values):
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
    }


def summary(rounds):
    """Median and range of each side's timings."""
    return {
        name: {
            kind: spread([timing[kind] for timing in timings])
            for kind in ("cpu_seconds", "wall_seconds")
        }
        for name, timings in rounds.items()
    }


def ratios(rounds, side, base):
    """How much `side` takes of what `base` takes, round by round."""
    return {
        kind: spread(
            [
                a[kind] / b[kind]
                for a, b in zip(rounds[side], rounds[base], strict=True)
            ]
        )
        for kind in ("cpu_seconds", "wall_seconds")
    }


def memory_mib(field, process="self"):
    """`VmRSS` (now) or `VmHWM` (highest so far) of a process, in MiB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"/proc/{process}/status has no {field}")


def available_mib():
    """Memory, in MiB, that the machine can still give."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    raise ValueError("/proc/meminfo has no MemAvailable")


def forget_memory_peak():
    """Sets `VmHWM` of this process back to `VmRSS`."""
    Path("/proc/self/clear_refs").write_text("5")


def guard_memory(limit_mib):
    """Ends this process, with its own status, once it passes the limit."""

    def watch():
        while memory_mib("VmRSS") < limit_mib:
            time.sleep(0.05)
        os._exit(OUT_OF_MEMORY)

    threading.Thread(target=watch, daemon=True).start()


def chosen(parser, arguments=None):
    """Parses, with `--smoke` and `--out`, which all scripts have.

    Args:
        parser: argparse.ArgumentParser.
        arguments: list of str, or `None` for those of the command.
    """
    parser.add_argument("--smoke", action="store_true", help="toy sizes")
    parser.add_argument("--out", type=Path, help="folder of the results")
    found = parser.parse_args(arguments)
    if found.smoke and not found.out:
        parser.error("--smoke needs --out: toy figures are no results")
    return found


def parser(description):
    """A parser that shows a module's docstring as it is."""
    return argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def hardware():
    """What the figures were measured on, and how busy it was."""
    # Imports Keras, which the workers of PyTorch must not.
    from keras_cmr.evaluation.context import environment

    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        **environment(),
        "cores": os.cpu_count(),
        "memory_gib": round(total / 2**30, 1),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def versions():
    """Versions of those of PACKAGES that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def write_record(path, record, before):
    """Writes a cell's figures with all that explains them.

    Args:
        path: Path.
        record: dict. Figures and configuration.
        before: dict. `hardware()` from before the measurement.
    """
    record = {
        "command": " ".join(["python", *sys.argv]),
        **record,
        "hardware": {**before, "load_average_after": os.getloadavg()[0]},
        "versions": versions(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(record, indent=1) + "\n")
    partial.replace(path)
