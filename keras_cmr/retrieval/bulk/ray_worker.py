"""What runs in the workers of a cluster: a model that embeds parts."""

import os
import pickle
from pathlib import Path

from keras_cmr.retrieval.adding import Inputs
from keras_cmr.retrieval.adding import embed_rows


class PartEmbedder:
    """Embeds the images of one part after another.

    Args:
        packed: Ray's reference to the pickled model, or to the pickled
            callable that makes it.
        makes_model: Bool, which of the two.
        fingerprint: String, which the model must have.
        environ: Dict. Environment variables that must be set before the
            model's framework is imported.
        threads: Int. How many images are decoded at a time.
    """

    def __init__(self, packed, makes_model, fingerprint, environ, threads):
        import ray

        os.environ.update(environ)
        model = pickle.loads(ray.get(packed))
        self.model = model() if makes_model else model
        self.threads = threads
        if self.model.fingerprint != fingerprint:
            raise ValueError(
                "The model of a worker must be that of this program. "
                f"Received: fingerprint {self.model.fingerprint[:12]} instead "
                f"of {fingerprint[:12]}"
            )

    def __call__(self, row):
        """Row with `number` and `paths` to row with the pickled result."""
        paths = [Path(path) for path in row["paths"]]
        places = [str(place) for place in range(len(paths))]
        inputs = Inputs(paths, places, [{}] * len(paths))
        rows, skipped = embed_rows(
            self.model, inputs, None, False, lambda _: None, self.threads
        )
        result = rows.ids, rows.vectors, skipped
        return {"number": row["number"], "result": pickle.dumps(result)}
