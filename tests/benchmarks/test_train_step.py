"""Each section of the benchmark at toy size, and its table from the files."""

import importlib.util
import json

import keras
import pytest

from benchmarks import keras_steps
from benchmarks import measuring
from benchmarks import train_step
from benchmarks import train_step_table

TOY = {
    "batch_size": 4,
    "image_size": 32,
    "backbone": "small_resnet",
    "dim": 16,
}
on_tensorflow = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="times TensorFlow's step"
)


@pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is not installed"
)
@on_tensorflow
def test_pytorch_computes_the_same():
    check = train_step.same_losses({"batch_size": 16, "image_size": 32})
    assert check["keras"]["parameters"] == check["torch"]["parameters"]
    first, second = check["keras"]["losses"]
    assert second < first
    assert check["largest_difference"] < train_step.TOLERANCE


@on_tensorflow
def test_terms():
    sides = {
        terms: keras_steps.Steps(**TOY, terms=terms)
        for terms in ("none", "both")
    }
    assert sides["both"].parameters() > sides["none"].parameters()
    rounds = measuring.alternate(
        {name: side.measure for name, side in sides.items()}, 2, 1
    )
    assert [len(timings) for timings in rounds.values()] == [2, 2]
    ratio = measuring.ratios(rounds, "both", "none")["cpu_seconds"]
    assert 0 < ratio["min"] <= ratio["median"] <= ratio["max"]


@on_tensorflow
def test_memory_of_gradient_caching():
    steps = keras_steps.Steps(**TOY, microbatch_size=2)
    # Keras drops arguments that a functional model does not know.
    assert steps.model.microbatch_size == 2
    memory = steps.memory(1)
    assert memory["peak_mib"] >= memory["before_mib"] > 0
    assert memory["training_mib"] < 2000


def test_worker_over_its_memory_limit():
    with (
        measuring.Worker(
            "benchmarks.keras_steps", {**TOY, "memory_limit_mib": 1}
        ) as worker,
        pytest.raises(MemoryError, match="memory limit"),
    ):
        worker.ask("parameters")


@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="jax is not installed"
)
def test_accelerator():
    task = {
        "batch_size": 2,
        "image_size": 32,
        "dtype": "bfloat16",
        "matrix_size": 64,
        "dim": 16,
        "backbone": "small_resnet",
    }
    with measuring.Worker(
        "benchmarks.accelerator", task, {"KERAS_BACKEND": "jax"}
    ) as worker:
        record = worker.ask("rates", rounds=1, steps=1)
    assert record["flops_a_step"] > 1e6
    assert record["medians"]["images_a_second"] > 0


def test_ratios_are_taken_round_by_round():
    def timings(*values):
        return [{"cpu_seconds": v, "wall_seconds": 2 * v} for v in values]

    rounds = {"a": timings(1.0, 6.0, 2.0), "b": timings(2.0, 4.0, 2.0)}
    ratio = measuring.ratios(rounds, "a", "b")["cpu_seconds"]
    assert ratio == {"median": 1.0, "min": 0.5, "max": 1.5}


def test_a_measured_cell_is_not_repeated(tmp_path):
    with train_step.cell(tmp_path, "one") as write:
        write({"config": {}})
    record = json.loads((tmp_path / "one.json").read_text())
    assert {"command", "config", "hardware", "versions"} <= set(record)
    assert len(record["hardware"]["load_average"]) == 3
    with train_step.cell(tmp_path, "one") as write:
        assert write is None


def test_table_says_what_was_not_run(tmp_path):
    def put(batch_size, record):
        path = tmp_path / f"caching_none_None_{batch_size}.json"
        path.write_text(json.dumps({"memory_limit_mib": 1000, **record}))

    put(64, {"memory": {"training_mib": 250.4, "cpu_seconds": 0.25}})
    put(512, {"not_run": "stopped", "estimated_training_mib": 2003.2})
    train_step_table.write(tmp_path, into_readme=False)
    lines = (tmp_path / "table.md").read_text().splitlines()
    assert (
        lines[2] == "| 64 | none | 250 MiB, 0.2 s CPU a step | not measured |"
    )
    assert "not run: more than 1,000 MiB, about 2,003 MiB" in lines[3]
