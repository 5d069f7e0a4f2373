"""The command with a saved retriever, beside the gallery in this process."""

import json

import numpy as np
from PIL import Image

from keras_cmr import layers
from keras_cmr import models
from keras_cmr.retrieval import Gallery
from tests.models import tiny
from tests.serving.forms import HEADERS
from tests.serving.forms import form
from tests.serving.forms import part
from tests.serving.processes import running


def test_it_answers_as_the_library_does(tmp_path):
    model = models.ComposedRetriever(
        tiny.image_encoder(), tiny.text_encoder(), fusion=layers.TIRG()
    )
    run = tmp_path / "run"
    run.mkdir()
    model.save(run / "model.keras")
    paths = [tmp_path / f"{i}.png" for i in range(6)]
    for path, image in zip(paths, tiny.pictures(6), strict=True):
        Image.fromarray(image).save(path)
    gallery = Gallery.create(tmp_path / "gallery", model)
    ids = [path.name for path in paths]
    gallery.add(paths, ids=ids, verbose=0)

    cases = [
        (paths[2], "make red", None),
        (paths[3], None, None),
        (None, "words nobody knows", None),
        (None, "make blue", "1.png"),
    ]
    with running(
        tmp_path / "gallery", "--time-limit", "20", "--threads", "2",
        model=run, module="keras_cmr.cli",
    ) as server:  # fmt: skip
        for image, text, id in cases:
            parts = [
                part(name, content, filename)
                for name, content, filename in (
                    (b"image", image and image.read_bytes(), b"a.png"),
                    (b"text", text and text.encode(), None),
                    (b"reference_id", id and id.encode(), None),
                )
                if content is not None
            ]
            status, _, body = server.ask(
                "POST", "/search", form(*parts), HEADERS
            )
            assert status == 200, body
            found = json.loads(body)["hits"]
            # A picture that is sent is not known to be one of the gallery's.
            picture = image and Image.open(image)
            hits = gallery.search(picture, text, reference_id=id)
            assert [hit["id"] for hit in found] == [hit.id for hit in hits]
            np.testing.assert_allclose(
                [hit["score"] for hit in found],
                [hit.score for hit in hits],
                atol=1e-4,
            )
        server.process.terminate()
        _, log = server.process.communicate(timeout=30)
    assert "Traceback" not in log and "WARNING" not in log, log
