"""The compiled model that a config describes."""

from keras_cmr import losses
from keras_cmr import metrics
from keras_cmr import models
from keras_cmr.layers import fusion as fusions
from keras_cmr.training.encoders import image_encoder
from keras_cmr.training.encoders import text_encoder
from keras_cmr.training.named import named
from keras_cmr.training.optimizer import optimizer
from keras_cmr.training.terms import terms

FUSIONS = [name for name in fusions.__all__ if name != "Fusion"]
# Other losses are estimators of the terms.
METRIC_LOSSES = ("BatchSoftmax", "SoftTriplet")


def build_model(config, vocabulary, steps_per_epoch):
    """The compiled model that a config describes.

    Args:
        config: `Config`.
        vocabulary: Words of the training texts.
        steps_per_epoch: int. Batches an epoch, for the learning rate's
            schedule.
    """
    model = models.ComposedRetriever(
        image_encoder(config),
        text_encoder(config, vocabulary),
        fusion=named("fusion", config.fusion, fusions, FUSIONS)(),
        mutual_information=terms(config),
        microbatch_size=config.microbatch_size,
    )
    compile_model(model, config, steps_per_epoch)
    return model


def compile_model(model, config, steps_per_epoch):
    """Gives a retriever the optimizer and the loss of a config."""
    model.compile(
        optimizer(config, steps_per_epoch, model),
        loss=named("loss", config.loss, losses, METRIC_LOSSES)(),
        metrics=[metrics.InBatchRecall()],
    )
