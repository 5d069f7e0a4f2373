"""The shell completes commands and names, and does not wait for TensorFlow."""

import os
import subprocess
import sys

import pytest


def completed(words, *options):
    """What bash is told, for a line whose last word is unfinished."""
    process = subprocess.run(
        [sys.executable, *options, "-m", "keras_cmr.cli"],
        env={
            **os.environ,
            "_KERAS_CMR_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        },
        capture_output=True,
        text=True,
    )
    return process.stdout.split(), process.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("keras-cmr qui", ["quickstart"]),
        ("keras-cmr gallery sta", ["stats"]),
        ("keras-cmr evaluate run --proto", ["--protocol"]),
        (
            "keras-cmr evaluate run --protocol circo/",
            ["circo/kept", "circo/removed"],
        ),
        ("keras-cmr diagnose run --protocol tirg", ["tirg/caption-match"]),
        ("keras-cmr audit fashion", ["fashion200k", "fashioniq"]),
        ("keras-cmr submit circ", ["circo"]),
        # The shell then goes on with the names of files.
        ("keras-cmr train confi", []),
    ],
)
def test_completion(words, expected):
    assert completed(words)[0] == expected


def test_completion_does_not_wait_for_tensorflow():
    found, imported = completed(
        "keras-cmr evaluate run --protocol shoes/k", "-X", "importtime"
    )
    assert found == ["shoes/kept"]
    loaded = {line.split("|")[-1].strip() for line in imported.split("\n")}
    assert "keras_cmr.evaluation" in loaded
    assert not {"tensorflow", "keras"} & loaded


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_for_a_shell(shell):
    process = subprocess.run(
        [sys.executable, "-m", "keras_cmr.cli", "--show-completion", shell],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "keras-cmr" in process.stdout
    assert "_KERAS_CMR_COMPLETE" in process.stdout
