from keras_cmr.retrieval.backend import Record
from keras_cmr.retrieval.results import Hit
from keras_cmr.retrieval.results import Hits
from keras_cmr.retrieval.where import Where

FOUND = [
    (Record("a", "/a.png", {"n": 1}), 0.5),
    (Record("b", None, {}), 0.25),
]


def test_hits_are_ranked_and_carry_what_the_gallery_knows():
    assert Hits.of(FOUND, 2, 0, None) == [
        Hit("a", 0.5, 1, "/a.png", {"n": 1}),
        Hit("b", 0.25, 2, None, {}),
    ]
    assert Hits.of(FOUND, 2, 0, None).reason is None


def test_fewer_than_asked_for_have_a_reason():
    where = Where.parse({"n": 1})
    reasons = [
        Hits.of(FOUND, 3, *more).reason
        for more in ((0, None), (2, None), (0, where), (1, where))
    ]
    assert reasons == [
        "only 2 candidates",
        "only 2 candidates, 2 excluded",
        "only 2 candidates where n $in (1,)",
        "only 2 candidates where n $in (1,), 1 excluded",
    ]
