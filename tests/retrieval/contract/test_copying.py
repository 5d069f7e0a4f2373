import numpy as np
import pytest

from keras_cmr.retrieval import Gallery
from keras_cmr.retrieval import copy_gallery
from tests.retrieval.contract.expected import unit
from tests.retrieval.fake_model import FakeModel

IDS = [f"é {i}" for i in range(23)]


@pytest.fixture
def source(new_location, model):
    gallery = Gallery.create(new_location(), model)
    gallery.add_embeddings(
        unit(np.random.default_rng(0), 23),
        IDS,
        [{"n": i} for i in range(23)],
        [f"/p/{i}" for i in range(23)],
    )
    gallery.remove(["é 4"])
    gallery.update(["é 5"], metadata=[{"new": True}])
    return gallery


def contents(gallery):
    return [
        (id, vector.tolist(), path, metadata)
        for rows in gallery._backend.rows(5)
        for id, vector, path, metadata in zip(*rows, strict=True)
    ]


def test_a_copy_goes_on_where_it_was_cut_short(
    source, new_location, model, monkeypatch, capsys
):
    location = new_location()
    copy = Gallery.create(location, model)
    add, calls = copy._backend.add, []

    def fail_the_third_time(rows):
        calls.append(len(rows.ids))
        if len(calls) == 3:
            raise ConnectionError("power cut")
        add(rows)

    monkeypatch.setattr(copy._backend, "add", fail_the_third_time)
    with pytest.raises(ConnectionError, match="power cut"):
        copy_gallery(source, copy, batch_size=5, verbose=0)
    again = Gallery.open(location, model)
    done = len(again)
    assert done == sum(calls[:2]) > 0
    assert copy_gallery(source, again, batch_size=5) == 22 - done
    assert "22/22" in capsys.readouterr().err
    assert contents(source) == contents(again)
    assert copy_gallery(source, again, verbose=0) == 0


def test_a_destination_that_is_no_copy_is_refused(source, new_location, model):
    more = Gallery.create(new_location(), model)
    more.add_embeddings(unit(np.random.default_rng(1), 1), ["other"])
    with pytest.raises(ValueError, match=r"no others.*23 images for 22"):
        copy_gallery(source, more, verbose=0)
    other = Gallery.create(new_location(), model)
    other.add_embeddings(unit(np.random.default_rng(1), 1), ["é 5"])
    with pytest.raises(ValueError, match=r"no others.*another 'é 5'"):
        copy_gallery(source, other, verbose=0)
    changed = Gallery.create(new_location(), model)
    record = source.records(["é 5"])[0]
    changed.add_embeddings(
        unit(np.random.default_rng(1), 1),
        ["é 5"],
        metadata=[record.metadata],
        paths=[record.path],
    )
    with pytest.raises(ValueError, match=r"no others.*another 'é 5'"):
        copy_gallery(source, changed, verbose=0)
    stranger = Gallery.create(new_location(), FakeModel("stranger"))
    with pytest.raises(ValueError, match="another model"):
        copy_gallery(source, stranger, verbose=0)
    for size, error in ((0, ValueError), (1.0, TypeError), (True, TypeError)):
        with pytest.raises(error, match="`batch_size` must be"):
            copy_gallery(source, more, batch_size=size)
