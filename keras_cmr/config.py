"""An experiment as a flat table of plain values: what a YAML file holds."""

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from pathlib import Path

import yaml

from keras_cmr.config_values import check_values


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that decides a training run.

    Keys are the names of constructor, `compile` and `fit` arguments. Read one
    with `Config.from_yaml`; `dataclasses.replace` makes a variant.
    """

    # Benchmark: arguments of `keras_cmr.datasets.load`.
    dataset: str = "css"
    data_dir: str | None = None
    scenes: int = 6000
    modifications: int = 3
    renders: int = 2
    jitter: int = 0
    data_seed: int = 0
    image_size: int = 64
    view: str | None = None
    category: str = "dress"
    captions: str = "joined"
    # Encoders.
    backbone: str = "small_resnet"
    pooling: str = "flatten"
    embedding_dim: int = 512
    text_units: int = 512
    dropout: float = 0.1
    # Fusion and mutual-information terms, by class name.
    fusion: str = "TIRG"
    mutual_information: tuple[str, ...] = ()
    weight: float = 0.1
    estimator: str = "jsd"
    image: str = "target"
    level: str = "P3"
    # compile and fit.
    loss: str = "BatchSoftmax"
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    warmup_steps: int = 100
    weight_decay: float = 0.0
    batch_size: int = 64
    microbatch_size: int | None = None
    group_size: int = 2
    epochs: int = 20
    seed: int = 0
    # Long runs: `training/optimizer.py`, hard negatives, validation.
    decay_epochs: int = 10
    decay_rate: float = 0.1
    backbone_learning_rate: float | None = None
    ema_momentum: float | None = None
    hard_negatives: int = 0
    mine_every: int = 1
    evaluate_every: int = 0
    monitor: str | None = None
    # Many devices: one, all (of this machine) or workers (by TF_CONFIG).
    devices: str = "one"
    # Pretrained encoders, and frozen ones on stored features.
    text_encoder: str = "lstm"
    train_backbone: bool = True
    freeze_normalization: bool = False
    train_text_encoder: bool = True
    cache_features: bool = False
    # What else the mutual-information terms leave open. A weight that is
    # `None` is `weight`.
    text_weight: float | None = None
    fusion_weight: float | None = None
    prior_weight: float | None = None
    text_discriminator: str = "EncodeAndDotDiscriminator"
    fusion_discriminator: str = "EncodeAndDotDiscriminator"
    discriminator_units: int = 512
    discriminator_layers: int = 2
    num_negatives: int | None = None
    scope: str = "local"
    mask_negatives: bool = True
    prior_on: str = "target"
    # Folder of a run, or a .keras file, whose weights training begins with.
    start_from: str | None = None
    # Evaluation.
    protocol: str = "tirg/caption-match"

    def __post_init__(self):
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            object.__setattr__(
                self, field.name, _coerce(field.name, value, hints[field.name])
            )
        check_values(self)

    @classmethod
    def from_mapping(cls, values: Mapping, source: str = "config") -> "Config":
        """A config of `values`; an unknown key is a `ValueError`."""
        known = [field.name for field in dataclasses.fields(cls)]
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, 1)
                hint = f" Did you mean `{near[0]}`?" if near else ""
                raise ValueError(f"{source}: unknown key `{key}`.{hint}")
        try:
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{source}: {error}") from None

    @classmethod
    def from_yaml(
        cls,
        path: str | Path,
        smoke: bool = False,
        overrides: Mapping | None = None,
    ) -> "Config":
        """Reads a config file.

        Args:
            path: Flat YAML file, with an optional block `smoke:` of smaller
                sizes.
            smoke: bool. Whether to apply that block. Defaults to `False`.
            overrides: Mapping of key to value, applied last.

        Raises:
            ValueError: For a file that can't be read, an unknown key (with
                the nearest known one) or a value of the wrong type.
        """
        try:
            values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"Can't read the config {path}: {error}") from None
        except yaml.YAMLError as error:
            line = " ".join(str(error).split())
            raise ValueError(f"{path} is not YAML: {line}") from None
        if not isinstance(values, dict):
            raise ValueError(
                f"{path} must hold `key: value` lines. Received: "
                f"{type(values).__name__}"
            )
        smaller = values.pop("smoke", None) or {}
        if not isinstance(smaller, dict):
            raise ValueError(
                f"{path}: `smoke` must be a block of `key: value` lines. "
                f"Received: {smaller!r}"
            )
        # Checked whether or not they are used: a typo must not wait.
        full = cls.from_mapping(values, str(path))
        small = cls.from_mapping({**values, **smaller}, f"{path}, smoke")
        chosen = dataclasses.asdict(small if smoke else full)
        return cls.from_mapping({**chosen, **(overrides or {})}, str(path))

    def to_yaml(self) -> str:
        """The config as the text of a file that `from_yaml` reads."""
        values = dataclasses.asdict(self)
        values["mutual_information"] = list(self.mutual_information)
        return yaml.safe_dump(values, sort_keys=False)


def _coerce(name, value, kind):
    """`value` as `kind`, for the few harmless differences YAML makes."""
    if isinstance(kind, types.UnionType):
        if value is None:
            return None
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) is tuple:
        if isinstance(value, (list, tuple)) and all(
            isinstance(item, str) for item in value
        ):
            return tuple(value)
        raise TypeError(
            f"`{name}` must be a list of names. Received: {name}={value!r}"
        )
    if kind is float and not isinstance(value, bool):
        # YAML 1.1 reads 1e-3 as text: it wants 1.0e-3.
        try:
            return float(value)
        except (TypeError, ValueError):
            pass
    if type(value) is kind:
        return value
    raise TypeError(
        f"`{name}` must be of type {kind.__name__}. Received: {name}={value!r}"
    )
