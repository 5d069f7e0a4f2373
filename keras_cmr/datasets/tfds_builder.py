"""The base of all TFDS builders.

A split in TFDS has one form of example, and a benchmark has two kinds of
rows: images, and queries that name images. So every benchmark is offered
twice, under two configs that do not need each other:

- `triplets`, the default, is for training with TFDS alone. An example is a
  query with the pixels of its reference and of the first of its targets, as
  `fit` takes it once the text is tokenized. An image stands in it as often as
  queries name it. Queries without a public answer are not in it, and where
  training queries are drawn (`Split.sampler`) it holds one draw.
- `images` is the whole benchmark, each image once a split. An example is an
  image with the queries that start from it; they name their targets by the
  number `index` of the image, in one list: the first `num_targets[0]` numbers
  belong to the first query, and so on. `keras_cmr.datasets.read_tfds` makes
  the tables of it that direct reading gives.

What was decided against: queries that hold numbers of images only, next to
images under another config, because no user of TFDS could train on one of the
two; and one config of triplets and single images, because half of the fields
of every example would be empty.

The bytes of JPEG and PNG files are kept as they are. Other formats become PNG,
which is what TensorFlow can decode for sure: same pixels, but not the same
fingerprint. A builder reads its benchmark with `verify=True`: an image that
can't be decoded counts as missing.
"""

import dataclasses
import os
from typing import ClassVar

import numpy as np
import tensorflow_datasets as tfds

from keras_cmr.datasets import tfds_examples
from keras_cmr.datasets.load import load
from keras_cmr.datasets.sampler import Sampler
from keras_cmr.datasets.tables import Images
from keras_cmr.datasets.tfds_examples import SUMMARY


@dataclasses.dataclass(eq=False)
class BenchmarkConfig(tfds.core.BuilderConfig):
    """A form of a variant of a benchmark.

    Args:
        form: String, `"triplets"` or `"images"`.
        manual: Bool. Whether the benchmark's files are read, from the manual
            folder.
        reference_images: Bool. Whether images look different as references.
        arguments: Dict, more arguments of `keras_cmr.datasets.load`.
    """

    form: str = "triplets"
    manual: bool = True
    reference_images: bool = False
    arguments: dict = dataclasses.field(default_factory=dict)


def both_forms(
    variant: str = "", description: str = "", **kwargs
) -> list[BenchmarkConfig]:
    """The two configs of a variant, the default first.

    Args:
        variant: string. Name of the variant, `""` if there is only one.
        description: string. A line about the variant.
        **kwargs: Of `BenchmarkConfig`.
    """
    said = {
        "triplets": "Queries with the pixels of reference and target.",
        "images": "Each image once, with the queries that start from it.",
    }
    return [
        BenchmarkConfig(
            name=f"{variant}_{form}" if variant else form,
            description=f"{description} {line}".strip(),
            form=form,
            **kwargs,
        )
        for form, line in said.items()
    ]


class BenchmarkBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A benchmark as TFDS records.

    A subclass is named `Builder` and lies in
    `keras_cmr/datasets/<name>/<name>_dataset_builder.py`, from which TFDS
    takes the name. It states `VERSION`, `RELEASE_NOTES`, `BUILDER_CONFIGS`
    and `MANUAL_DOWNLOAD_INSTRUCTIONS`; description and citation are the
    README.md and CITATIONS.bib of the folder.

    Attributes:
        HOMEPAGE: String, an address.
        ATTRIBUTES: Tuple of strings, the names in `Images.attributes`.
        ARGUMENTS: Dict of arguments of the reader under every config.
    """

    # TFDS keeps what it has: raise it with every change of what a reader
    # finds or an example holds.
    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar = {"1.0.0": "First version."}
    BUILDER_CONFIGS: ClassVar = both_forms()
    HOMEPAGE = ""
    ATTRIBUTES: tuple[str, ...] = ()
    ARGUMENTS: ClassVar = {"verify": True}

    @staticmethod
    def make_sampler(images: Images, arguments: dict) -> Sampler | None:
        """The `Split.sampler` of these training images.

        Args:
            images: An `Images` table.
            arguments: Dict, the arguments that the reader was given.
        """
        return None

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=self._features(),
            homepage=self.HOMEPAGE,
            metadata=tfds.core.MetadataDict(),
        )

    def _features(self) -> tfds.features.FeaturesDict:
        image, text = tfds.features.Image(), tfds.features.Text()
        if self.builder_config.form == "triplets":
            # The names and meanings of `Split.batches`, and more.
            return tfds.features.FeaturesDict(
                {
                    "reference": image,
                    "modification": text,
                    "target": image,
                    "reference_id": np.int32,
                    "target_id": np.int32,
                    "reference_name": text,
                    "target_name": text,
                    "kind": text,
                }
            )
        features = {
            "index": np.int32,
            "id": text,
            "image": image,
            "label": np.int32,
            "caption": text,
            "metadata": text,
            "queries": tfds.features.Sequence(
                {
                    "index": np.int32,
                    "id": text,
                    "modification": text,
                    "target_label": np.int32,
                    "num_targets": np.int32,
                    "kind": text,
                    "seen": np.bool_,
                    "num_subset": np.int32,
                }
            ),
            # Of all queries, one after the other: TFDS 4.9 logs warnings
            # about itself when it writes a list in a list.
            "targets": tfds.features.Sequence(np.int32),
            "subset": tfds.features.Sequence(np.int32),
        }
        if self.builder_config.reference_images:
            features["reference_image"] = image
        if self.ATTRIBUTES:
            features["attributes"] = dict.fromkeys(self.ATTRIBUTES, text)
        return tfds.features.FeaturesDict(features)

    def _split_generators(self, dl_manager):
        config = self.builder_config
        arguments = {**self.ARGUMENTS, **config.arguments}
        if config.manual:
            arguments["data_dir"] = os.fspath(dl_manager.manual_dir)
        benchmark = load(self.name, **arguments)
        self.info.metadata[SUMMARY] = {
            **tfds_examples.summary(benchmark),
            "arguments": config.arguments,
        }
        splits = {
            role: split
            for role in tfds_examples.ROLES
            if (split := getattr(benchmark, role)) is not None
        }
        if config.form == "triplets":
            splits = {
                role: split
                for role, split in splits.items()
                if any(split.queries.targets)
            }
        return {
            role: self._generate_examples(split)
            for role, split in splits.items()
        }

    def _generate_examples(self, split):
        if self.builder_config.form == "triplets":
            return tfds_examples.triplets(split)
        return tfds_examples.images(split)
