"""Notebooks: `NN_title.py` is written by hand, `NN_title.ipynb` is made of it.

python notebooks/build.py smoke [NAME ...]   execute in tiny sizes, keep nothing
python notebooks/build.py run NAME ...       execute wholly, write with outputs
python notebooks/build.py write [NAME ...]   make the .ipynb again; cells whose
                                             source is as it was keep outputs
python notebooks/build.py check              do the .ipynb fit their sources?

A name is `03` or `03_css`. `pip install -e ".[notebooks]"` brings the tools.
Some notebooks look for real data in the folder `$KERAS_CMR_DATA`.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import nbformat

HERE = Path(__file__).parent.resolve()
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from notebooks import conversion  # noqa: E402

CELL_SECONDS = {"smoke": 900, "run": 7200}  # on a machine that is busy


def execute(source, what):
    """The notebook of a source with the outputs of a fresh kernel."""
    from nbclient import NotebookClient
    from traitlets.config import Config

    notebook = conversion.convert(source)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [str(HERE.parent), os.environ.get("PYTHONPATH", "")]
            ),
            "TF_CPP_MIN_LOG_LEVEL": "2",
        }
        environment.pop("KERAS_CMR_SMOKE", None)
        if what == "smoke":
            environment |= {"KERAS_CMR_SMOKE": "1", "KERAS_CMR_CACHE": folder}
        # Sockets in a folder of ours: over TCP the whole machine could listen.
        socket = {"transport": "ipc", "ip": f"{folder}/kernel"}
        client = NotebookClient(
            notebook,
            config=Config(KernelManager=socket),
            timeout=CELL_SECONDS[what],
            startup_timeout=300,
            kernel_name="python3",
            resources={"metadata": {"path": str(HERE)}},
            record_timing=False,
            coalesce_streams=True,
        )
        client.execute(env=environment)
    conversion.clean_outputs(notebook)
    return notebook


def timed(source, what):
    """`execute`, with a line about what it took."""
    wall, cpu = time.perf_counter(), _cpu_of_children()
    notebook = execute(source, what)
    print(
        f"{source.stem}: {_cpu_of_children() - cpu:.0f} s CPU, "
        f"{time.perf_counter() - wall:.0f} s",
        flush=True,
    )
    return notebook


def _cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write(source, notebook):
    path = source.with_suffix(".ipynb")
    nbformat.validate(notebook)
    # Whole or not at all: `nbformat.write` would leave half a file.
    from keras_cmr.durable import replace_file

    replace_file(path, nbformat.writes(notebook) + "\n")
    return path


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=("smoke", "run", "write", "check"))
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args(arguments)
    if chosen.what == "run" and not chosen.names:
        parser.error("`run` takes minutes a notebook: name those you mean")
    try:
        sources = conversion.sources(HERE, chosen.names)
    except ValueError as error:
        parser.error(str(error))
    wrong = []
    for source in sources:
        path = source.with_suffix(".ipynb")
        if chosen.what == "smoke":
            timed(source, "smoke")
        elif chosen.what == "run":
            write(source, timed(source, "run"))
            wrong += conversion.faults(path) + conversion.lacks(path)
        elif chosen.what == "write":
            notebook = conversion.convert(source)
            if path.exists():
                old = nbformat.read(path, as_version=4)
                conversion.keep_outputs(notebook, old)
                # A cell may have got another tag.
                conversion.clean_outputs(notebook)
            write(source, notebook)
        else:
            wrong += conversion.differences(source, path)
            if path.exists():
                wrong += conversion.faults(path) + conversion.lacks(path)
    if chosen.what == "check":
        known = {source.with_suffix(".ipynb") for source in sources}
        wrong += [
            f"{path.name} has no source"
            for path in sorted(HERE.glob("*.ipynb"))
            if path not in known and not chosen.names
        ]
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
