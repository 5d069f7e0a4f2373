import csv
import io
import types

import pytest
from rich.console import Console

from keras_cmr import callbacks
from keras_cmr.training.memory import resident_mib


def epochs(log, records, first=0):
    for epoch, logs in enumerate(records, first):
        log.on_epoch_begin(epoch)
        log.on_epoch_end(epoch, logs)


def rows(path):
    found = list(csv.DictReader(io.StringIO(path.read_text())))
    for row in found:
        assert float(row.pop("seconds")) >= 0
    return found


def test_one_row_an_epoch_also_after_a_kill(tmp_path):
    path = tmp_path / "epochs.csv"
    log = callbacks.EpochLog(path)
    epochs(log, [{"loss": 3.0}, {"loss": 2.0, "val_R@1": 0.25}])
    saved = log.state()
    saved = {"records": list(saved["records"])}
    # Killed after this row, before its checkpoint.
    epochs(log, [{"loss": 1.0}], first=2)
    assert len(rows(path)) == 3
    again = callbacks.EpochLog(path)
    again.restore(saved)
    epochs(again, [{"loss": 1.0}], first=2)
    assert rows(path) == [
        {"epoch": "1", "loss": "3.0", "val_R@1": ""},
        {"epoch": "2", "loss": "2.0", "val_R@1": "0.25"},
        {"epoch": "3", "loss": "1.0", "val_R@1": ""},
    ]
    assert again.history == {"loss": [3.0, 2.0, 1.0], "val_R@1": [0.25]}


def shown(bar, terminal):
    text = io.StringIO()
    progress = callbacks.Progress(
        bar,
        Console(
            file=text, force_terminal=terminal, color_system=None, width=200
        ),
    )
    progress.set_params({"epochs": 3, "steps": 2})
    progress.on_train_begin()
    for epoch in (1, 2):  # of a run that goes on
        progress.on_epoch_begin(epoch)
        for batch in range(2):
            progress.on_train_batch_end(batch, {"loss": 0.12345678})
        progress.on_epoch_end(epoch, {"loss": 0.5, "val_R@1": 0.25})
    progress.on_train_end()
    return text.getvalue()


@pytest.mark.parametrize("bar", [True, False])
def test_lines_without_a_terminal(bar):
    lines = shown(bar, terminal=False).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("epoch 2/3  loss 0.5  val_R@1 0.25  0:00:0")
    assert " passed, 0:00:0" in lines[0] and lines[0].endswith(" MiB")


def test_a_bar_in_a_terminal():
    text = shown(True, terminal=True)
    assert "training" in text and "6/6 steps," in text
    assert "loss 0.1235" in text and "epoch 3/3" in text
    assert "training" not in shown(False, terminal=True)


def test_the_time_left(monkeypatch):
    now = iter([0.0, 90.0])
    clock = types.SimpleNamespace(perf_counter=lambda: next(now))
    monkeypatch.setattr("keras_cmr.callbacks.progress.time", clock)
    text = io.StringIO()
    progress = callbacks.Progress(False, Console(file=text, width=200))
    progress.set_params({"epochs": 5, "steps": 1})
    progress.on_train_begin()
    progress.on_epoch_begin(2)
    progress.on_epoch_end(2, {})
    # One epoch took 90 s, two are left.
    assert "0:01:30 passed, 0:03:00 left" in text.getvalue()


def test_memory_grows_with_what_is_held():
    before = resident_mib()
    held = bytearray(b"x" * (64 << 20))
    assert resident_mib() > before + 32
    assert len(held) == 64 << 20
