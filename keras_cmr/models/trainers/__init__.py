"""Training steps, one file a backend.

**Gradient caching.** In-batch losses want large batches, and memory grows with
the batch. With `ComposedRetriever(microbatch_size=m)` a step

1. embeds the batch in pieces of `m` rows and keeps only the outputs,
2. takes the objective on all of them, with its gradient by the outputs and by
   the weights that the objective itself holds (the discriminators),
3. embeds every piece again and sends its outputs' gradient through it.

The loss sees the whole batch while memory is that of one piece and of the
objective. The price is a second forward pass. Both passes draw the same
dropout, and moving averages take the pieces of the second alone. The gradient
equals the plain step's, except that a BatchNormalization of encoders or fusion
sees the statistics of its piece instead of the batch's.

TensorFlow and JAX have it. On Torch a model takes Keras' own step.

**Several devices.** `replicas` has what TensorFlow needs for the objective of
the whole batch under `tf.distribute`. On JAX a step is one program over
sharded arrays and needs nothing.

Reference:
- [Gao et al., 2021](https://arxiv.org/abs/2101.06983)
"""
