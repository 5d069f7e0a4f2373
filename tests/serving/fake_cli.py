"""`keras-cmr` with a model that needs no framework; `slow` takes a second."""

import time

from keras_cmr import cli
from tests.retrieval.fake_model import FakeModel


class Slow(FakeModel):
    def embed_queries(self, references, modifications):
        if "slow" in modifications:
            time.sleep(1)
        return super().embed_queries(references, modifications)


if __name__ == "__main__":
    cli.places.load_named = lambda name: Slow()
    cli.main()
