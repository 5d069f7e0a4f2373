"""Configs: every file of configs/ is read, every mistake is named."""

from pathlib import Path

import pytest

from keras_cmr.config import Config

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))
CSS = [path for path in CONFIGS if path.stem.startswith("css_")]
PHOTOS = [path for path in CONFIGS if path not in CSS]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configs_are_read(path):
    full = Config.from_yaml(path)
    small = Config.from_yaml(path, smoke=True)
    assert small.embedding_dim < full.embedding_dim
    assert small.epochs < full.epochs
    assert f"configs/{path.name}" in path.read_text()


def test_the_named_configs_are_shipped():
    assert {path.stem for path in CONFIGS} >= {
        "css_imageonly",
        "css_textonly",
        "css_concat",
        "css_tirg",
        "css_tirg_mi",
        "css_tirg_lastconv",
        "css_tirg_mi_lastconv",
        "css_3d_tirg",
        "css_2d_to_3d_tirg",
    }


def test_configs_of_views():
    views = {path.stem: Config.from_yaml(path).view for path in CSS}
    assert views.pop("css_3d_tirg") == "3d"
    assert views.pop("css_2d_to_3d_tirg") == "2d-to-3d"
    assert set(views.values()) == {None}


def test_rows_differ_in_the_model_alone():
    """One recipe for all rows, or they could not be compared."""
    # What the view shows is another benchmark, not another recipe.
    model_keys = {"fusion", "mutual_information", "view"}
    recipes = [
        {
            k: v
            for k, v in vars(Config.from_yaml(p)).items()
            if k not in model_keys
        }
        for p in CSS
    ]
    assert all(recipe == recipes[0] for recipe in recipes)


def test_rows_on_photos_differ_in_the_model_alone():
    model_keys = {"fusion", "mutual_information"}
    own = {
        "fashion_products_tirg_minilm": {"text_encoder", "train_text_encoder"},
        "fashion_products_tirg_glove": {"text_encoder"},
        "fashion_products_tirg_mi_finetuned": {
            "train_backbone",
            "freeze_normalization",
            "cache_features",
            "start_from",
            "learning_rate",
            "backbone_learning_rate",
            "epochs",
        },
    }
    default = vars(Config())
    first = vars(Config.from_yaml(PHOTOS[0]))
    for path in PHOTOS:
        config = vars(Config.from_yaml(path))
        changed = {k for k in first if config[k] != first[k]}
        free = model_keys | own.get(path.stem, set())
        # Settings of the terms are given where there are terms.
        if not config["mutual_information"] or not first["mutual_information"]:
            free = free | {"level"}
            assert config["weight"] == default["weight"]
        assert changed <= free, path.stem
        assert (path.stem.endswith("_mi") or "_mi_" in path.stem) == bool(
            config["mutual_information"]
        )


def test_every_row_on_photos_has_its_config():
    from benchmarks.fashion_products_table import ROWS

    assert {f"fashion_products_{name}" for name in ROWS} == {
        path.stem for path in PHOTOS
    }


def test_smoke_then_overrides(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("epochs: 9\nseed: 4\nsmoke:\n  epochs: 2\n")
    assert Config.from_yaml(path).epochs == 9
    small = Config.from_yaml(path, smoke=True, overrides={"seed": 7})
    assert (small.epochs, small.seed) == (2, 7)


def test_round_trip(tmp_path):
    config = Config(mutual_information=("TextImageMI",), learning_rate=0.5)
    path = tmp_path / "a.yaml"
    path.write_text(config.to_yaml())
    assert Config.from_yaml(path) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch: 3", "unknown key `epoch`. Did you mean `epochs`?"),
        ("epochs: many", "`epochs` must be of type int. Received.*'many'"),
        ("epochs: true", "`epochs` must be of type int"),
        ("epochs: 0", "`epochs` must be at least 1"),
        ("learning_rate: fast", "`learning_rate` must be of type float"),
        ("mutual_information: TextImageMI", "must be a list of names"),
        ("schedule: linear", "'cosine', 'constant' or 'step'"),
        ("decay_epochs: 0", "`decay_epochs` must be at least 1"),
        ("hard_negatives: -1", "`hard_negatives` must be at least 0"),
        ("ema_momentum: 1", "between 0 and 1. Received: ema_momentum=1.0"),
        ("monitor: test_R@1\nevaluate_every: 1", "must begin with 'val_'"),
        ("monitor: val_R@1", "Received: monitor='val_R@1', evaluate_every=0"),
        ("evaluate_every: 9\nepochs: 2", "`evaluate_every` must be at most"),
        ("learning_rate: -1", "`learning_rate` must be above 0. Received"),
        ("learning_rate: .nan", "`learning_rate` must be a finite number"),
        ("backbone_learning_rate: 0", "`backbone_learning_rate` must be above"),
        ("weight: -1", "`weight` must be at least 0. Received: weight=-1"),
        ("prior_weight: .inf", "`prior_weight` must be a finite number"),
        ("weight_decay: -1", "`weight_decay` must be at least 0"),
        ("warmup_steps: -5", "`warmup_steps` must be at least 0"),
        (
            "seed: -1",
            r"`seed` must be from 0 to .* Received: seed=-1",
        ),
        ("data_seed: 4294967296", "`data_seed` must be from 0"),
        ("smoke:\n  epoch: 1", "smoke: unknown key `epoch`"),
        ("smoke: 3", "`smoke` must be a block"),
        ("- 1", "must hold `key: value` lines. Received: list"),
        ("a: [", "is not YAML"),
    ],
)
def test_bad_input(tmp_path, text, message):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        Config.from_yaml(path)


def test_missing_file():
    with pytest.raises(
        ValueError, match=r"Can.t read the config nowhere\.yaml"
    ):
        Config.from_yaml("nowhere.yaml")


def test_yaml_1_1_reads_1e_3_as_text_and_we_do_not(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("learning_rate: 1e-3")
    assert Config.from_yaml(path).learning_rate == 0.001
