import keras
import numpy as np
import pytest

from keras_cmr.metrics import InBatchRecall


def pairs(query, target):
    return np.stack([query, target], axis=1).astype("float32")


def test_by_hand():
    # Scores, rows being queries: [[1, 0, 0], [1, 0, 0], [0, 0, 0]].
    query = np.array([[1, 0], [1, 0], [0, 1]])
    target = np.array([[1, 0], [0, 0], [0, 0]])
    batch = pairs(query, target)
    # Query 0 hits; 1 is beaten by target 0; 2 ties with all: rank 3.
    assert float(InBatchRecall(1)(np.arange(3), batch)) == pytest.approx(1 / 3)
    assert float(InBatchRecall(2)(np.arange(3), batch)) == pytest.approx(1 / 3)
    assert float(InBatchRecall(3)(np.arange(3), batch)) == 1.0
    # With targets 0 and 1 of one label, query 1 is right too.
    labels = np.array([7, 7, 8])
    assert float(InBatchRecall(1)(labels, batch)) == pytest.approx(2 / 3)


def test_config_round_trip_and_bad_k():
    metric = InBatchRecall(5)
    assert metric.name == "recall_at_5"
    config = keras.saving.serialize_keras_object(metric)
    assert keras.saving.deserialize_keras_object(config).k == 5
    with pytest.raises(ValueError, match="`k` must be a positive int"):
        InBatchRecall(0)
