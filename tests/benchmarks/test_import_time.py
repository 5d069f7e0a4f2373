"""The table of import times says what its files say."""

import json

from benchmarks import import_time


def record(**seconds):
    spread = {"median": 0.5, "min": 0.4, "max": 0.6}
    timing = {"cpu_seconds": spread, "wall_seconds": spread}
    return {
        "seconds": {name: timing for name in import_time.SIDES},
        "ratios": {name: timing for name in import_time.RATIOS},
        "tensorflow": {name: "keras" in name for name in import_time.SIDES},
        "hardware": {"load_average": [1.26, 0, 0]},
        **seconds,
    }


def test_table_of_two_files(tmp_path):
    help_ = record(rounds=[0, 0, 0], wheel_bytes=2**19, tensorflow=False)
    help_["seconds"] = help_["seconds"]["keras"]
    (tmp_path / "imports.json").write_text(json.dumps(record()))
    (tmp_path / "help.json").write_text(json.dumps(help_))
    import_time.main(["table", "--out", str(tmp_path)])
    rows = (tmp_path / "table.md").read_text().splitlines()
    assert rows[2] == "| `import keras` | 0.50 s |  |  | yes | 1.3 |"
    assert rows[3] == (
        "| `import keras_cmr` | 0.50 s | 0.500 [0.400, 0.600] | 1.1 | yes "
        "| 1.3 |"
    )
    assert rows[6].startswith("| `keras-cmr --help`, 3 times | 0.50 s; wall")
    assert "| no | 1.3 |" in rows[6]
    assert rows[8] == "The wheel weighs 0.50 MiB, at most 1."


def test_a_child_tells_whether_tensorflow_came_along():
    found = import_time.child(["-c", "import keras_cmr"])
    assert found["tensorflow"] is False
    code = "import sys, types; sys.modules['tensorflow'] = types"
    assert import_time.child(["-c", code])["tensorflow"] is True
