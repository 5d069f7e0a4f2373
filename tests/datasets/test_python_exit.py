import subprocess
import sys
from pathlib import Path

from keras_cmr.datasets.python_exit import ends_with_python

SCRIPT = """
import time
import tensorflow as tf
from keras_cmr.datasets.python_exit import ends_with_python

def slow():
    for i in range(100):
        time.sleep(0.3)
        yield i

dataset = tf.data.Dataset.from_generator(
    ends_with_python(slow), output_signature=tf.TensorSpec((), "int32")
)
iterator = iter(dataset.prefetch(2))
print(next(iterator).numpy())
"""


def test_items_are_those_of_the_iterator():
    def make():
        yield from "abc"

    generate = ends_with_python(make)
    assert list(generate()) == list(generate()) == ["a", "b", "c"]


def test_a_process_ends_with_an_open_iterator():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
