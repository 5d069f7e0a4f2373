from keras_cmr.retrieval.milvus import calibration

MEASURED = {
    "results": [
        {"k": 10, "nprobe": 8, "reorder_k": 100},
        {"k": 100, "nprobe": 20, "reorder_k": 400},
    ]
}


def parameters(limit, share=1.0, measured=MEASURED):
    asked = calibration.parameters(measured, limit, 5_000, share)
    return asked["nprobe"], asked["reorder_k"]


def test_more_is_searched_for_longer_lists_and_rarer_conditions():
    assert parameters(1) == parameters(10) == (8, 100)
    assert parameters(11) == parameters(100) == (20, 400)
    assert parameters(250) == (60, 1_200)
    assert parameters(10, share=0.1) == (80, 100)
    assert parameters(10, share=1e-6) == (1_024, 100)


def test_everything_is_searched_before_anything_was_measured():
    assert parameters(10, measured=None) == (1_024, 5_000)
