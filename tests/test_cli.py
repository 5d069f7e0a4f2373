"""The commands as a newcomer types them, on sizes of seconds."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.command_line import call
from tests.command_line import ok
from tests.datasets.cirr import tree as cirr
from tests.training.small_run import use_tiny_encoder

CONFIG = Path(__file__).parents[1] / "configs" / "css_tirg_mi.yaml"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_CMR_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """The folder of one smoke quickstart, and what it printed."""
    out = tmp_path_factory.mktemp("quickstart") / "run"
    return out, ok("quickstart", "--smoke", "--out", out)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("train") / "run"
    ok("train", CONFIG, "--smoke", "--out", out, "--set", "seed=5")
    return out


@pytest.fixture(scope="module")
def photos(started):
    return started[0] / "pictures"


def test_quickstart_leaves_what_it_promises(started):
    out, printed = started
    assert f"Open {(out / 'report.html').resolve()}" in printed
    assert printed.count("keras-cmr ") == 3
    for name in ("tirg_mi", "image_only", "text_only"):
        for file in ("config.yaml", "model.keras", "report.json"):
            assert (out / name / file).exists()
    figures = json.loads((out / "report.json").read_text())
    assert list(figures) == ["TIRG + MI", "image only", "text only"]
    page = (out / "report.html").read_text()
    for words in ("Text image MI", "Fusion image MI", "text only", "R@10"):
        assert words in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_quickstarts_next_commands_work(started, tmp_path, monkeypatch):
    import shlex

    _, printed = started
    lines = [
        line.strip()
        for line in printed.splitlines()
        if line.strip().startswith("keras-cmr ")
    ]
    search, evaluate, train = (shlex.split(line)[1:] for line in lines)
    output = ok(*search)
    assert output.splitlines()[0].strip().startswith("1")
    assert Path(search[-1]).exists()
    assert "R@1" in ok(*evaluate)
    assert train == ["train", "configs/css_tirg_mi.yaml"]
    assert CONFIG.exists()


def test_train_then_evaluate_gives_the_same_figures(trained, tmp_path):
    first = json.loads((trained / "report.json").read_text())
    assert first["context"]["config"]["seed"] == 5
    assert first["context"]["command"].startswith("keras-cmr ")
    assert first["benchmark"] == "css"
    ok("evaluate", trained, "--out", tmp_path / "again.json")
    again = json.loads((tmp_path / "again.json").read_text())
    for key in (
        "ranks",
        "figures",
        "dataset_fingerprint",
        "model_fingerprint",
    ):
        assert first[key] == again[key]
    assert again["context"]["command"].startswith("keras-cmr ")


def test_figures_are_shown_though_their_file_can_not_be_written(
    trained, tmp_path
):
    result = call("evaluate", trained, "--out", tmp_path)
    assert result.exit_code == 2
    lines = result.output.strip().splitlines()
    assert lines[-1].startswith("keras-cmr: `path` must name a file")
    assert any(line.startswith("R@1 ") for line in lines)


def test_evaluate_all_protocols(trained, tmp_path):
    output = ok("evaluate", trained, "--protocol", "all", "--out", tmp_path)
    assert "css/test:" in output and "tirg/caption-match" in output
    first = json.loads((trained / "report.json").read_text())
    again = json.loads((tmp_path / "tirg_caption-match.json").read_text())
    assert again["figures"] == first["figures"]
    assert again["benchmark"] == "css"


def test_evaluate_two_protocols(trained):
    output = ok(
        "evaluate",
        trained,
        *("--protocol", "tirg/caption-match"),
        *("--protocol", "triplets/target-id"),
    )
    rows = [line.split()[:1] for line in output.splitlines()]
    at = rows.index(["protocol"])
    assert rows[at + 1 : at + 3] == [
        ["tirg/caption-match"],
        ["triplets/target-id"],
    ]


def test_diagnose(trained, tmp_path):
    out = tmp_path / "new" / "diagnosis"
    output = ok("diagnose", trained, "--sample", 8, "--out", out)
    for words in ("Figures by kind", "Kept and changed", "Classes of words"):
        assert words in output
    assert "What the fusion adds up" in output
    assert f"Open {(out / 'diagnosis.html').resolve()}" in output
    first = json.loads((trained / "report.json").read_text())
    again = json.loads((out / "report.json").read_text())
    assert again["ranks"] == first["ranks"]
    found = json.loads((out / "diagnosis.json").read_text())
    assert found["sample"] == 8 and found["parts"]["all"]["gate"]
    assert found["context"]["command"].startswith("keras-cmr ")
    result = call("diagnose", tmp_path / "nothing")
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1


def test_compare_two_runs(started, tmp_path):
    out = started[0]
    page = tmp_path / "compare.html"
    output = ok(
        "compare",
        out / "image_only",
        out / "tirg_mi",
        *("--out", page, "--resamples", 100),
    )
    assert output.startswith("tirg/caption-match: b - a, ")
    assert "R@1 by slice" in output and "kind=" in output
    assert f"Open {page.resolve()}" in output
    assert "tirg_mi against image_only" in page.read_text()


def test_compare_several_seeds(started, tmp_path):
    report = (started[0] / "tirg_mi" / "report.json").read_bytes()
    sides = [["tirg_0", "tirg_1"], ["mi_0", "mi_1"]]
    places = []
    for side in sides:
        for name in side:
            (tmp_path / f"{name}.json").write_bytes(report)
        places.append(",".join(str(tmp_path / f"{n}.json") for n in side))
    page = tmp_path / "compare.html"
    output = ok("compare", *places, "--resamples", 20, "--out", page)
    assert "2 seeds a side" in output
    assert "mi against tirg" in page.read_text()


def test_audit_by_name(tmp_path):
    ok("generate", "--out", tmp_path / "css", "--scenes", 3)
    output = ok(
        "audit", "css", "--data-dir", tmp_path / "css", "--out", tmp_path / "a"
    )
    assert "Audit of css: train 24 images" in output
    assert "No leak found." in output
    assert f"Open {(tmp_path / 'a' / 'audit.html').resolve()}" in output
    content = json.loads((tmp_path / "a" / "audit.json").read_text())
    assert {finding["level"] for finding in content["findings"]} <= {
        "note",
        "ok",
    }


def test_audit_of_a_config_with_a_model(trained):
    output = ok("audit", trained / "config.yaml", "--model", trained)
    assert "image only, by the model" in output
    assert "text only, gray image" in output


def test_audit_exits_with_1_on_a_leak(tmp_path, monkeypatch):
    from keras_cmr.datasets import css

    ok("generate", "--out", tmp_path / "css", "--scenes", 3)
    images = tmp_path / "css" / "images"
    test = sorted(images.glob("css_test_*.png"))[0]
    sorted(images.glob("css_train_*.png"))[5].write_bytes(test.read_bytes())
    assert len(css.read_original(tmp_path / "css").train.images) == 24
    result = call("audit", "css", "--data-dir", tmp_path / "css")
    assert result.exit_code == 1
    assert "LEAK  copies across splits" in result.output
    assert result.output.strip().endswith("Leaks: copies across splits")


def test_train_again_says_that_all_is_done(trained, monkeypatch):
    def never(*_):
        raise AssertionError("nothing is to be trained")

    monkeypatch.setattr("keras_cmr.experiment.build_model", never)
    again = ("train", CONFIG, "--smoke", "--out", trained, "--set")
    output = ok(*again, "seed=5")
    assert f"{trained} holds the finished run: nothing to do" in output
    assert "R@1 " in output
    result = call(*again, "seed=6")
    assert result.exit_code == 2
    assert "config.yaml differs in `seed` (5, not 6)" in result.output


def test_numbers_that_are_not_finite_stop_training(tmp_path, monkeypatch):
    use_tiny_encoder(monkeypatch)
    settings = {
        "scenes": 4, "renders": 1, "image_size": 32, "embedding_dim": 8,
        "text_units": 8, "batch_size": 4, "optimizer": "sgd",
        "schedule": "constant", "learning_rate": "1e30",
        "mutual_information": "[]",
    }  # fmt: skip
    sets = [f"--set={key}={value}" for key, value in settings.items()]
    result = call("train", CONFIG, "--out", tmp_path / "run", *sets)
    assert result.exit_code == 1, result.output
    line = result.output.strip().splitlines()[-1]
    assert line.startswith("keras-cmr: Training stopped: after step ")
    assert "metric_loss=nan" in line
    assert not (tmp_path / "run" / "model.keras").exists()


def test_same_seed_same_model(trained, tmp_path):
    ok("train", CONFIG, "--smoke", "--out", tmp_path / "b", "--set", "seed=5")
    prints = [
        json.loads((out / "report.json").read_text())["model_fingerprint"]
        for out in (trained, tmp_path / "b")
    ]
    assert prints[0] == prints[1]


def test_index_and_search_a_folder(started, photos, tmp_path):
    model = started[0] / "tirg_mi"
    broken = tmp_path / "photos"
    broken.mkdir()
    for path in sorted(photos.iterdir())[:5]:
        (broken / path.name).write_bytes(path.read_bytes())
    (broken / "bad.png").write_bytes(b"no picture")
    output = ok("index", broken, "--model", model, "--out", tmp_path / "g")
    assert "5 pictures" in output
    assert "skipped" in output and "bad.png" in output
    reference = sorted(photos.iterdir())[0]
    output = ok(
        "search",
        tmp_path / "g",
        "--model",
        model,
        "--image",
        reference,
        "--text",
        "make circle red",
        "-k",
        "3",
        "--out",
        tmp_path / "h.png",
    )
    assert len(output.splitlines()) == 4
    with Image.open(tmp_path / "h.png") as drawn:
        assert drawn.width > 3 * 64


def test_generate_writes_the_original_layout(tmp_path):
    output = ok("generate", "--out", tmp_path / "css", "--scenes", 3)
    assert "9 queries" in output
    assert (tmp_path / "css/css_toy_dataset_novel2_small.dup.npy").exists()
    assert len(list((tmp_path / "css/images").glob("css_train_*.png"))) == 24
    with Image.open(tmp_path / "css/contact_sheet.png") as drawn:
        sheet = np.asarray(drawn)
    assert len(np.unique(sheet.reshape(-1, 3), axis=0)) > 5


def test_validate_a_good_folder(tmp_path):
    names = [f"{letter}.png" for letter in "abcdef"]
    (tmp_path / "images").mkdir()
    for name in names:
        Image.new("RGB", (8, 8)).save(tmp_path / "images" / name)
    pairs = zip(names[::2], names[1::2], strict=True)
    rows = [f"{a},make it red,{b}" for a, b in pairs]
    table = tmp_path / "triplets.csv"
    table.write_text("\n".join(["reference,modification,target", *rows]))
    output = ok("validate", tmp_path, "--out", tmp_path / "sheet.png")
    assert "No faults." in output
    assert "queries to train       2" in output
    with Image.open(tmp_path / "sheet.png") as drawn:
        assert drawn.height > 3 * 128
    table.rename(tmp_path / "own.csv")
    assert "No faults." in ok("validate", tmp_path, "--table", "own.csv")


def test_validate_names_each_fault(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "b.png").write_bytes(b"no picture")
    table = tmp_path / "test.jsonl"
    table.write_text(
        '{"reference": "a.png", "modification": "", "target": "b.png"}\n'
        '{"reference": "a.png", "modification": "red", "target": "b.png"}\n'
    )
    result = call("validate", tmp_path, "--out", tmp_path / "sheet.png")
    assert result.exit_code == 1
    assert f"{table}, line 1: `modification` must have" in result.output
    assert f"{table}, line 2: `reference` 'a.png': " in result.output
    assert f"{table}, line 2: Can't read image" in result.output
    assert "all faults          3" in result.output
    assert not (tmp_path / "sheet.png").exists()


def test_generate_in_3d(tmp_path):
    small = ("--scenes", 2, "--image-size", 32)
    ok("generate", "--out", tmp_path / "flat", *small)
    ok("generate", "--out", tmp_path / "css", *small, "--view", "3d")
    name = "images/css_test_000000.png"
    with (
        Image.open(tmp_path / "flat" / name) as drawn,
        Image.open(tmp_path / "css" / name) as rendered,
    ):
        assert drawn.getpixel((0, 0)) == (255, 255, 255)
        assert rendered.getpixel((0, 0)) != (255, 255, 255)
    result = call("generate", "--out", tmp_path / "no", "--view", "4d")
    assert result.exit_code == 2
    assert "'2d-to-3d'" in result.output


def test_doctor_names_versions():
    result = call("doctor")
    assert result.exit_code == 0, result.output
    for name in ("tensorflow", "keras-hub", "scann pairing", "backend"):
        assert name in result.output


def test_help_does_not_wait_for_tensorflow():
    process = subprocess.run(
        [
            sys.executable,
            "-X",
            "importtime",
            "-m",
            "keras_cmr.cli",
            "--help",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "quickstart" in process.stdout
    loaded = {
        line.split("|")[-1].strip() for line in process.stderr.split("\n")
    }
    assert "typer" in loaded
    assert not {"tensorflow", "keras", "matplotlib"} & loaded


def test_submit_writes_what_the_server_takes(trained, tmp_path):
    cirr.write(tmp_path / "cirr")
    with pytest.warns(UserWarning, match="text without a word"):
        output = ok(
            "submit", "cirr", "--model", trained,
            "--data-dir", tmp_path / "cirr", "--out", tmp_path / "sent",
        )  # fmt: skip
    files = sorted((tmp_path / "sent").iterdir())
    assert [f"Send {file}" in output for file in files] == [True, True]
    recall, subset = (json.loads(file.read_text()) for file in files)
    assert recall["metric"] == "recall"
    assert {len(names) for names in recall.values()} >= {50}
    assert subset["metric"] == "recall_subset"
    assert recall.keys() == subset.keys()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_submit_refuses_before_it_embeds(trained, tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError("embedding takes hours")

    monkeypatch.setattr("keras_cmr.evaluation.embed_split", never)
    cirr.write(tmp_path / "cirr")
    (tmp_path / "sent").touch()
    call_it = (
        "submit", "cirr", "--model", trained,
        "--data-dir", tmp_path / "cirr", "--out", tmp_path / "sent",
    )  # fmt: skip
    result = call(*call_it)
    assert result.exit_code == 2 and "File exists" in result.output
    (tmp_path / "cirr/img_raw/test1" / f"{cirr.TEST[3]}.png").unlink()
    result = call(*call_it)
    assert result.exit_code == 2
    assert "1 queries are lost with their images" in result.output


def bad_calls():
    return [
        (["train", "nowhere.yaml"], "Can't read the config nowhere.yaml"),
        (["train", "{typo}"], "unknown key `epoch`. Did you mean `epochs`?"),
        (["train", "{config}", "--out", "{run}"], "must be a new or empty"),
        (["train", "{config}", "--set", "epochs"], "`--set` wants key=value"),
        (
            ["train", "{config}", "--smoke", "--out", "{new}", "--set",
             "fusion=TRIG"],
            "`fusion` must be one of Attention",
        ),
        (["train", "{config}", "--out", "{new}", "--log", "tensorbord"],
         "`log` must be one of ['mlflow', 'tensorboard', 'wandb']"),
        (["quickstart", "--out", "{run}"], "must be a new or empty folder"),
        (["evaluate", "nowhere"], "Can't read the config nowhere"),
        (
            ["evaluate", "{run}", "--protocol", "tirg/caption"],
            "tirg/caption-match",
        ),
        (["validate", "nowhere"], "There is no folder nowhere"),
        (["evaluate", "{run}", "--protocol", "mit-states/noun"],
         "does not fit the split"),
        (["compare", "{run}", "nowhere"], "nowhere"),
        (["compare", "{run}", "{empty}"], "which holds none"),
        (["compare", "{run}", "{config}"], "a report in JSON"),
        (["compare", "{run}", "{run},{run}"], "equally many reports"),
        (["audit", "cs"], "`name` must be one of"),
        (["audit", "cirr"], "`data_dir` must be their folder"),
        (["audit", "css", "--set", "scene=3"], "Did you mean 'scenes'"),
        (["audit", "css", "--set", "scenes={{"], "YAML can read"),
        (["audit", "nowhere.yaml"], "Can't read the config nowhere.yaml"),
        (["audit", "{config}", "--model", "nowhere.keras"],
         "No such model: nowhere.keras"),
        (["submit", "css", "--model", "{run}", "--data-dir", "{empty}",
          "--out", "{new}"], "`benchmark` must be 'cirr' or 'circo'"),
        (["submit", "cirr", "--model", "{run}", "--data-dir", "{empty}",
          "--out", "{new}"], "There is no file"),
        (["index", "nowhere", "--model", "{run}", "--out", "{new}"],
         "No such folder: nowhere"),
        (["index", "{empty}", "--model", "{run}", "--out", "{new}"],
         "No pictures"),
        (["index", "{photos}", "--model", "nowhere.keras", "--out", "{new}"],
         "No such model: nowhere.keras"),
        (["search", "nowhere", "--model", "{run}", "--image", "{image}",
          "--text", "make it red"], "nowhere"),
        (["search", "{gallery}", "--model", "{other}", "--image", "{image}",
          "--text", "make it red"], "another model"),
        (["search", "{gallery}", "--model", "{run}", "--image", "{image}",
          "--text", " "], "modification"),
        (["search", "{gallery}", "--model", "{run}", "--image", "{image}",
          "--text", "make it red", "-k", "0"], "`k` must be at least 1"),
        (["search", "{gallery}", "--model", "{run}", "--image", "{broken}",
          "--text", "make it red"], "broken.png"),
        (["search", "{gallery}", "--model", "{run}", "--image", "none.png",
          "--text", "make it red"], "none.png"),
    ]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), bad_calls())
def test_bad_input_is_one_line(
    arguments, message, started, trained, photos, tmp_path
):
    out, _ = started
    (tmp_path / "typo.yaml").write_text("epoch: 3")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "empty").mkdir()
    before = {path.name for path in tmp_path.iterdir()}
    places = {
        "config": CONFIG,
        "typo": tmp_path / "typo.yaml",
        "new": tmp_path / "new",
        "empty": tmp_path / "empty",
        "broken": tmp_path / "broken.png",
        "run": out / "tirg_mi",
        "other": trained,
        "gallery": out / "gallery",
        "photos": photos,
        "image": sorted(photos.iterdir())[0],
    }
    result = call(*(word.format(**places) for word in arguments))
    assert result.exit_code == 2
    line = result.output.strip().splitlines()[-1]
    assert line.startswith("keras-cmr: ")
    assert message in line
    assert "Traceback" not in result.output
    # Nothing is left half written: at most an empty folder.
    left = {path.name for path in tmp_path.iterdir()} - before
    assert all(not any((tmp_path / name).iterdir()) for name in left)
