"""The training step on JAX: images a second and share of the matrix rate.

KERAS_BACKEND=jax python -m benchmarks.accelerator '{...}'   a worker

Needs no TensorFlow. The batch lies on the device, so that the figure is that
of the step and not that of the bus.
"""

import json
import statistics
import sys
import time

import jax
import keras

from benchmarks import keras_steps
from benchmarks import measuring
from benchmarks import triplets


class Steps:
    """What a worker answers: see `measuring.serve`.

    Args:
        batch_size, image_size: int.
        dtype: `"float32"` or `"bfloat16"`, which is `mixed_bfloat16`.
        matrix_size: int. Rows of the square matrices whose product gives
            the device's rate.
        **model: Arguments of `keras_steps.tirg`.
    """

    def __init__(self, batch_size, image_size, dtype, matrix_size, **model):
        if dtype == "bfloat16":
            keras.config.set_dtype_policy("mixed_bfloat16")
        self.batch_size = batch_size
        self.dtype = dtype
        self.matrix_size = matrix_size
        self.model = keras_steps.tirg(image_size, **model)
        self.data = (jax.device_put(triplets.batch(batch_size, image_size)),)
        self.model._symbolic_build(data_batch=self.data)
        self.model.optimizer.build(self.model.trainable_variables)
        self.state = self.model._get_jax_state(
            trainable_variables=True,
            non_trainable_variables=True,
            optimizer_variables=True,
            metrics_variables=True,
        )
        self.step = (
            jax.jit(self.model.train_step, donate_argnums=0)
            .lower(self.state, self.data)
            .compile()
        )

    def run(self, steps):
        for _ in range(steps):
            logs, self.state = self.step(self.state, self.data)
        jax.block_until_ready((logs, self.state))

    def matrix_rate(self, products=20):
        """FLOP a second of a big matrix product in the step's dtype."""
        shape = (self.matrix_size, self.matrix_size)
        a = jax.random.normal(jax.random.key(0), shape, self.dtype)
        multiply = jax.jit(jax.numpy.matmul)
        multiply(a, a).block_until_ready()
        start = time.perf_counter()
        for _ in range(products):
            product = multiply(a, a)
        product.block_until_ready()
        seconds = time.perf_counter() - start
        return products * 2 * self.matrix_size**3 / seconds

    def rates(self, rounds, steps):
        """Rates of the step and of the matrix product, in turn."""
        flops = self.step.cost_analysis()["flops"]
        self.run(2)
        found = []
        for _ in range(rounds):
            matrix_rate = self.matrix_rate()
            seconds = measuring.timed(self.run, steps)["wall_seconds"]
            found.append(
                {
                    "images_a_second": 2 * self.batch_size / seconds,
                    "seconds_a_step": seconds,
                    "matrix_flops_a_second": matrix_rate,
                    "share_of_matrix_rate": flops / seconds / matrix_rate,
                }
            )
        device = jax.devices()[0]
        return {
            "device": f"{device.platform}: {device.device_kind}",
            "flops_a_step": flops,
            "tensorflow_imported": "tensorflow" in sys.modules,
            "medians": {
                name: statistics.median(round_[name] for round_ in found)
                for name in found[0]
            },
            "rounds": found,
        }


if __name__ == "__main__":
    measuring.serve(Steps(**json.loads(sys.argv[1])))
