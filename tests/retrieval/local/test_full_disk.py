"""A full disk is one clear error, and the gallery is as it was."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("full_disk_script.py")


@pytest.fixture
def small_file_system(tmp_path):
    """Skips where no file system may be mounted."""
    (tmp_path / "disk").mkdir()
    command = f"mount -t tmpfs -o size=2m tmpfs {tmp_path}/disk"
    wrapped = ["unshare", "-rm", "sh", "-c"]
    try:
        subprocess.run([*wrapped, command], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(str(error))
    return [*wrapped, f'{command} && exec "$@"', "sh"], tmp_path / "disk" / "g"


@pytest.mark.parametrize("how", ["limit", "full"])
def test_a_full_disk_leaves_the_gallery_as_it_was(
    tmp_path, how, scann, request
):
    prefix, folder = [], tmp_path / "g"
    if how == "full":
        prefix, folder = request.getfixturevalue("small_file_system")
    run = subprocess.run(
        [*prefix, sys.executable, str(SCRIPT), how, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[3])},
    )
    assert run.returncode == 0, run.stderr
    told = [json.loads(line) for line in run.stdout.splitlines()]
    failed = {}
    for _, name, error in told:
        if error:
            kind, words = error
            assert kind == "OSError" and "\n" not in words
            assert str(folder) in words and "cannot be written" in words
            assert ".rs:" not in words
            failed[name] = failed.get(name, 0) + 1
    assert min(failed.get(name, 0) for _, name, _ in told) >= 1
    # With room enough each of them works.
    worked = {name for _, name, error in told if not error}
    assert {"add", "update", "remove"} <= worked
