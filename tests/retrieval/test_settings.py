import pytest

from keras_cmr.retrieval.settings import Settings


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"recall_target": 0}, ValueError, "above 0 and at most 1.*: 0"),
        ({"recall_target": 1.01}, ValueError, "above 0 and at most 1"),
        ({"recall_target": float("nan")}, ValueError, "above 0"),
        ({"recall_target": "1"}, TypeError, "must be a number. Received: '1'"),
        ({"recall_target": True}, TypeError, "must be a number"),
        ({"exact_below": 255}, ValueError, "at least 256.*Received: 255"),
        ({"exact_below": 1e4}, TypeError, "must be an integer.*10000.0"),
        ({"exact_below": None}, TypeError, "must be an integer"),
        ({"reorder": "int4"}, ValueError, "`reorder` must be one.*'int4'"),
        ({"reorder": None}, ValueError, "`reorder` must be one of"),
    ],
)
def test_bad_settings_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Settings(**arguments)
