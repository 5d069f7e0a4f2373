import numpy as np
import pytest

from keras_cmr.datasets import load
from keras_cmr.datasets.css import write_original

TINY = {"scenes": 4, "image_size": 32, "verbose": 0}


def test_second_load_comes_from_the_cache(tmp_path, monkeypatch):
    first = load("css", cache_dir=tmp_path, **TINY)
    monkeypatch.setattr("keras_cmr.datasets.css.cache.save", None)
    second = load("css", cache_dir=tmp_path, **TINY)
    assert len(list(tmp_path.iterdir())) == 1
    assert second.fingerprint == first.fingerprint
    assert second.train.vocabulary == first.train.vocabulary
    assert second.test.queries.targets == first.test.queries.targets
    assert list(second.test.images.metadata) == list(first.test.images.metadata)


def test_other_arguments_are_another_file(tmp_path):
    for seed in (0, 1):
        load("css", cache_dir=tmp_path, seed=seed, **TINY)
    load("css", cache_dir=tmp_path, seed=0, objects=[3, 6], **TINY)
    assert len(list(tmp_path.iterdir())) == 2


def test_cache_folder_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_CMR_CACHE", str(tmp_path / "a" / "b"))
    load("css", **TINY)
    assert len(list((tmp_path / "a" / "b").iterdir())) == 1


def test_damaged_cache_is_named(tmp_path):
    css = load("css", cache_dir=tmp_path, **TINY)
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [good[:n] for n in range(0, len(good), 211)]
    for position in rng.integers(len(good), size=150):
        damaged.append(good[:position] + b"~!" + good[position + 2 :])
    refused = 0
    for raw in damaged:
        path.write_bytes(raw)
        try:
            # Some bytes of an archive, such as its dates, say nothing.
            again = load("css", cache_dir=tmp_path, **TINY)
            assert again.fingerprint == css.fingerprint
        except ValueError as error:
            refused += 1
            assert f"The cached benchmark {path} is damaged" in str(error)
    assert refused > 100


def test_changed_cache_is_named(tmp_path):
    load("css", cache_dir=tmp_path, **TINY)
    (path,) = tmp_path.iterdir()
    arrays = dict(np.load(path))
    arrays["test/texts"][0] = "remove red object"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="damaged: its content has changed"):
        load("css", cache_dir=tmp_path, **TINY)


def test_a_killed_generation_leaves_no_file(tmp_path, monkeypatch):
    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        load("css", cache_dir=tmp_path, **TINY)
    assert list(tmp_path.iterdir()) == []


def test_a_switch_is_true_or_false(tmp_path):
    with pytest.raises(TypeError, match=r"`strict` must .* strict='maybe'"):
        load("triplets", tmp_path, strict="maybe")


def test_data_dir_reads_the_original(tmp_path):
    css = load("css", cache_dir=tmp_path / "cache", **TINY)
    write_original(css, tmp_path / "css", verbose=0)
    again = load("css", data_dir=tmp_path / "css", image_size=32, verbose=0)
    assert again.fingerprint == css.fingerprint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "ccs"}, "`name` must be .* Did you mean 'css'?"),
        ({"name": "coco"}, "Received: name='coco'"),
        ({"name": "css", "scene": 3}, "scene=3. Did you mean 'scenes'?"),
        ({"name": "css", "scenes": 0}, "Received: scenes=0"),
        ({"name": "css", "strict": True}, "Received: strict=True"),
        (
            {"name": "css", "data_dir": ".", "stric": 1},
            "Did you mean 'strict'?",
        ),
        ({"name": "css", "data_dir": ".", "scenes": 1}, "`data_dir` the arg"),
        ({"name": "css", "data_dir": ".", "cache_dir": "."}, "`cache_dir`"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        load(**arguments)
