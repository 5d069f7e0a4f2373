"""Image files that are there and can't be read."""

from keras_cmr.datasets.image_files import ImageFiles
from keras_cmr.datasets.triplets.faults import Fault
from keras_cmr.datasets.triplets.faults import Report
from keras_cmr.datasets.triplets.survey import Survey

# A large JPEG is decoded at an eighth of its size for it.
_SIDE = 32


def check_pictures(found: Survey, report: Report, verbose: int) -> set[str]:
    """Decode every image once; report those that can't be.

    Args:
        found: A `Survey`.
        report: Function that is told of each fault, with the line of the
            first row that names the image.
        verbose: int. `0` hides the progress bar.

    Returns:
        Set of the names of the images that can't be read.
    """
    places: dict[str, str] = {}
    for row in found.triplets:
        for name in (row.reference, *row.targets):
            places.setdefault(name, row.place)
    names = list(found.names.files)
    paths = [found.folder.find(found.names.files[name]) for name in names]
    broken = ImageFiles(paths, _SIDE).broken(verbose)
    for i, reason in broken.items():
        # An image that no row names is a candidate all the same.
        report(Fault("unreadable image", places.get(names[i], ""), reason))
    return {names[i] for i in broken}
