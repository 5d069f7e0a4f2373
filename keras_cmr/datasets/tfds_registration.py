"""`tfds.builder("css")`, and the others."""

import importlib

from keras_cmr.datasets.load import READERS

NAMES = ("css", *READERS)


class Provider:
    """Gives TFDS our builders by name, each imported when asked for.

    The form is that of `tfds.core.registered.DatasetBuilderProvider`.
    """

    def has_dataset(self, name: str) -> bool:
        return name in NAMES

    def get_builder_cls(self, name: str) -> type:
        module = f"keras_cmr.datasets.{name}.{name}_dataset_builder"
        return importlib.import_module(module).Builder


def register(tfds) -> None:
    """Make the imported module `tfds` know our benchmarks."""
    # First, since TFDS imports hundreds of builders before it asks the last.
    tfds.core.registered.add_dataset_builder_provider(Provider(), index=0)
