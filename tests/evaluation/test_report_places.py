import pytest

from keras_cmr.evaluation import load_reports


@pytest.fixture
def runs(make_report, tmp_path):
    for seed, model in enumerate("abc"):
        run = tmp_path / "runs" / f"seed{seed}"
        make_report([seed + 1], model_fingerprint=model).save(
            run / "report.json"
        )
        (run / "history.json").write_text('{"loss": [1.0]}')
    flat = tmp_path / "flat"
    make_report([7], model_fingerprint="x").save(flat / "x_0.json")
    make_report([8], model_fingerprint="y").save(flat / "x_1.json")
    (flat / "x_0.history.json").write_text('{"loss": [1.0]}')
    return tmp_path


def models(places):
    return [report.model_fingerprint for report in load_reports(places)]


def test_places(runs):
    run = runs / "runs"
    assert models(run / "seed1" / "report.json") == ["b"]
    assert models(run / "seed1") == ["b"]
    assert models(run) == ["a", "b", "c"]
    assert models(f"{run / 'seed2'}, {run / 'seed0'}") == ["c", "a"]
    assert models(runs / "flat") == ["x", "y"]
    assert models(f"{runs / 'flat'},{run}") == ["x", "y", "a", "b", "c"]


def test_nothing_there(runs):
    (runs / "empty").mkdir()
    with pytest.raises(ValueError, match=r"`places` must name .*empty, which"):
        load_reports(runs / "empty")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_reports(runs / "nowhere")
    with pytest.raises(ValueError, match=r"whose `format`.*history\.json"):
        load_reports(runs / "flat" / "x_0.history.json")
