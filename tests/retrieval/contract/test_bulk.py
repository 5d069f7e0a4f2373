import numpy as np
from PIL import Image

from keras_cmr.retrieval import embed_images
from keras_cmr.retrieval import index_images
from keras_cmr.retrieval import load_shards


def test_a_folder_is_indexed_and_its_shards_are_known(
    new_location, model, tmp_path, pixels
):
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, image in enumerate(pixels(7)):
        Image.fromarray(image).save(photos / f"ü {number}.png")
    (photos / "bad.png").write_bytes(b"no picture")
    location = new_location()

    def run(**arguments):
        return index_images(
            photos, location, model, shard_size=3, verbose=0, **arguments
        )

    gallery, summary = run()
    assert (summary.written, len(summary.skipped)) == (7, 1)
    assert gallery.ids == tuple(f"ü {number}.png" for number in range(7))
    gallery, summary = run()
    assert (summary.written, summary.kept) == (0, 7)
    Image.fromarray(pixels(8)[7]).save(photos / "ü 2.png")
    gallery, summary = run(update=True)
    assert (summary.written, summary.kept) == (7, 0)
    (hits,) = gallery.search_embeddings(model.embed_targets(pixels(8)[7:]), 1)
    assert hits[0].id == "ü 2.png" and np.isclose(hits[0].score, 1)

    embed_images(photos, model, tmp_path / "s", shard_size=3, verbose=0)
    summary = load_shards(gallery, tmp_path / "s", verbose=0)
    assert (summary.written, summary.kept) == (0, 7)
    gallery.remove(["ü 4.png"])
    gallery.update(["ü 5.png"], metadata=[{"n": 1}])
    summary = load_shards(gallery, tmp_path / "s", replace=True, verbose=0)
    assert (summary.written, summary.kept) == (2, 5)
    assert set(gallery.ids) == {f"ü {number}.png" for number in range(7)}
