"""What a training step costs: time, memory, and beside PyTorch.

python benchmarks/train_step.py pytorch      TIRG ResNet-18 beside PyTorch
python benchmarks/train_step.py terms        what the MI terms add to a step
python benchmarks/train_step.py caching      memory with and without caching
python benchmarks/train_step.py accelerator  JAX on a GPU: images a second
python benchmarks/train_step.py table        the README's table again

Every figure is a cell: one JSON file in `benchmarks/results/train_step`. A
cell whose file is there is not measured again, so a section that was stopped
goes on where it was; delete the file to repeat it. `--smoke` runs toy sizes,
and `--out FOLDER` writes elsewhere (then the README stays as it is).

Measure on an idle machine: the file holds the load average. PyTorch is timed
in both memory layouts and with spinning and passively waiting threads; the
fastest in CPU time is what the table sets beside ours.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # this checkout, installed or not

from benchmarks import measuring  # noqa: E402
from benchmarks import train_step_table  # noqa: E402

RESULTS = HERE / "results" / "train_step"
KERAS = "benchmarks.keras_steps"
TORCH = "benchmarks.torch_tirg"
TERMS = ("none", "text", "fusion", "both")
ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "1"}
# PyTorch's threads spin while they wait for each other: CPU time without
# work, and much of it where others compute too. Both ways are timed.
PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE"}
LAYOUTS = ("channels_last", "contiguous_format")
CHECKED_STEPS = 2  # rounding grows from step to step
TOLERANCE = 1e-4


def pytorch(out, smoke):
    """Our step on TensorFlow beside the same graph in PyTorch."""
    for image_size in (32,) if smoke else (64, 128):
        with cell(out, f"pytorch_{image_size}") as write:
            if write:
                config = {
                    "batch_size": 16 if smoke else 32,
                    "image_size": image_size,
                }
                pytorch_cell(write, config, *schedule(smoke))


def pytorch_cell(write, config, warm_up, rounds, steps):
    check = same_losses(config)
    sides = {
        "keras": (KERAS, config, {"TF_ENABLE_ONEDNN_OPTS": "0"}),
        "keras_onednn": (KERAS, config, ONEDNN),
        **{
            f"torch_{layout}": (TORCH, {**config, "layout": layout}, PASSIVE)
            for layout in LAYOUTS
        },
        "torch_spinning": (TORCH, {**config, "layout": LAYOUTS[1]}, None),
    }
    timings = time_workers(sides, warm_up, rounds, steps)
    figures = measuring.summary(timings)
    torch = min(
        (name for name in figures if name.startswith("torch")),
        key=lambda name: figures[name]["cpu_seconds"]["median"],
    )
    write(
        {
            "config": {**config, "steps_a_round": steps, "text_length": 8},
            "check": check,
            "faster_torch": torch,
            "ratios": {
                side: measuring.ratios(timings, side, torch)
                for side in ("keras", "keras_onednn")
            },
            "seconds_a_step": figures,
            "rounds": timings,
        }
    )


def same_losses(config):
    """Shows that both sides are one graph: same weights, same losses.

    The losses of two steps in training mode: the second comes after one step
    of SGD, so that the gradients are compared too. Without dropout, whose
    random numbers differ.
    """
    config = {**config, "dropout": 0.0}
    with (
        tempfile.TemporaryDirectory() as folder,
        measuring.Worker(KERAS, config, ONEDNN) as keras,
        measuring.Worker(TORCH, {**config, "layout": LAYOUTS[0]}) as torch,
    ):
        path = str(Path(folder) / "weights.npz")
        keras.ask("save", path=path)
        torch.ask("load", path=path)
        found = {
            name: {
                "parameters": worker.ask("parameters"),
                "losses": worker.ask("losses", steps=CHECKED_STEPS),
            }
            for name, worker in (("keras", keras), ("torch", torch))
        }
    print(f"  {found}", flush=True)
    if found["keras"]["parameters"] != found["torch"]["parameters"]:
        raise ValueError(f"Not the same number of weights: {found}")
    differences = [
        abs(a - b)
        for a, b in zip(
            found["keras"]["losses"], found["torch"]["losses"], strict=True
        )
    ]
    if max(differences) > TOLERANCE:
        raise ValueError(f"Not the same losses: {found}")
    return {**found, "largest_difference": max(differences)}


def terms(out, smoke):
    """The mutual-information terms over the step without them."""
    configs = {
        "small": {
            "batch_size": 192,
            "image_size": 64,
            "backbone": "small_resnet",
            "pooling": "flatten",
            "optimizer": "adam",
            "compiled_metrics": ["InBatchRecall"],
        },
        "resnet_18": {"batch_size": 32, "image_size": 64},
    }
    if smoke:
        configs = {"small": {**configs["small"], **TOY}}
    warm_up, rounds, steps = schedule(smoke)
    for name, config in configs.items():
        with cell(out, f"terms_{name}") as write:
            if not write:
                continue
            sides = {
                chosen: (KERAS, {**config, "terms": chosen}, ONEDNN)
                for chosen in TERMS
            }
            timings = time_workers(sides, warm_up, rounds, steps)
            write(
                {
                    "config": {**config, "steps_a_round": steps},
                    "environ": ONEDNN,
                    "ratios": {
                        chosen: measuring.ratios(timings, chosen, "none")
                        for chosen in TERMS[1:]
                    },
                    "seconds_a_step": measuring.summary(timings),
                    "rounds": timings,
                }
            )


def caching(out, smoke):
    """Memory and time with and without gradient caching, a process each."""
    config = {
        "image_size": 32,
        "backbone": "small_resnet",
        "pooling": "flatten",
    }
    if smoke:
        config = {**config, **TOY}
    for chosen in ("none", "text"):
        for microbatch_size in (None, 4) if smoke else (None, 64):
            smaller = None  # the last cell that was measured
            for batch_size in (8,) if smoke else (64, 512, 4096):
                name = f"caching_{chosen}_{microbatch_size}_{batch_size}"
                with cell(out, name) as write:
                    if write:
                        task = {**config, "terms": chosen}
                        task["batch_size"] = batch_size
                        if microbatch_size:
                            task["microbatch_size"] = microbatch_size
                        write(caching_cell(task, smaller, smoke))
                smaller = train_step_table.read(out, name) or smaller


def caching_cell(task, smaller, smoke):
    """One fresh process; stopped, not killed by the system, if too big."""
    limit = 0.8 * measuring.available_mib()
    record = {
        "config": task,
        "environ": ONEDNN,
        "memory_limit_mib": min(limit, 16 * 1024),
    }
    worker = measuring.Worker(
        KERAS,
        {**task, "memory_limit_mib": record["memory_limit_mib"]},
        ONEDNN,
    )
    try:
        with worker:
            steps = 1 if smoke or task["batch_size"] > 1000 else 5
            record["memory"] = worker.ask("memory", steps=steps)
            print(f"  {record['memory']}", flush=True)
    except MemoryError:
        record["not_run"] = "stopped at the memory limit"
        if smaller and "memory" in smaller:
            scale = task["batch_size"] / smaller["config"]["batch_size"]
            record["estimated_training_mib"] = (
                smaller["memory"]["training_mib"] * scale
            )
        print(f"  {record['not_run']}", flush=True)
    return record


def accelerator(out, smoke):
    """Images a second on JAX, and their share of the card's matrix rate."""
    sizes = (4,) if smoke else (128, 512)
    for dtype in ("float32", "bfloat16"):
        for batch_size in sizes:
            with cell(out, f"accelerator_{dtype}_{batch_size}") as write:
                if not write:
                    continue
                task = {
                    "batch_size": batch_size,
                    "image_size": 32 if smoke else 224,
                    "dtype": dtype,
                    "matrix_size": 256 if smoke else 8192,
                }
                with measuring.Worker(
                    "benchmarks.accelerator", task, {"KERAS_BACKEND": "jax"}
                ) as worker:
                    record = worker.ask(
                        "rates", rounds=3, steps=2 if smoke else 20
                    )
                print(f"  {record}", flush=True)
                write({"config": task, **record})


TOY = {"batch_size": 8, "image_size": 32, "dim": 16}
SECTIONS = {
    "pytorch": pytorch,
    "terms": terms,
    "caching": caching,
    "accelerator": accelerator,
}


def schedule(smoke):
    """Warm-up steps, rounds, and steps a round."""
    return (1, 2, 1) if smoke else (3, 3, 10)


def time_workers(sides, warm_up, rounds, steps):
    """`alternate` over workers: dict of name to (module, task, environ)."""
    with contextlib.ExitStack() as stack:
        workers = {}
        for name, side in sides.items():
            workers[name] = stack.enter_context(measuring.Worker(*side))
            workers[name].ask("warm_up", steps=warm_up)

        def measure(worker):
            return lambda steps: worker.ask("measure", steps=steps)

        return measuring.alternate(
            {name: measure(worker) for name, worker in workers.items()},
            rounds,
            steps,
        )


@contextlib.contextmanager
def cell(out, name):
    """Gives a function that writes the cell's file, or None if it exists."""
    path = out / f"{name}.json"
    if path.exists():
        print(f"{name}: measured before", flush=True)
        yield None
        return
    print(name, flush=True)
    before = measuring.hardware()
    yield lambda record: measuring.write_record(path, record, before)


def main(arguments=None):
    parser = measuring.parser(__doc__)
    parser.add_argument("section", choices=[*SECTIONS, "table"])
    chosen = measuring.chosen(parser, arguments)
    out = chosen.out or RESULTS
    if chosen.section in SECTIONS:
        SECTIONS[chosen.section](out, chosen.smoke)
    train_step_table.write(out, into_readme=out == RESULTS)


if __name__ == "__main__":
    main()
