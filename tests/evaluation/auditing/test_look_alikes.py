import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image
from PIL import ImageDraw

from keras_cmr.evaluation.auditing import look_alikes
from keras_cmr.evaluation.auditing.copies import contents


def photo(seed):
    """A smooth picture of 96 pixels with a few shapes, like a photo."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 6, 3), "uint8")
    picture = Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(4):
        x, y = random.integers(0, 70, 2).tolist()
        colour = tuple(random.integers(0, 256, 3).tolist())
        draw.ellipse((x, y, x + 25, y + 20), fill=colour)
    return picture


def recompressed(picture, tmp_path, quality=60):
    picture.save(tmp_path / "a.jpg", quality=quality)
    with Image.open(tmp_path / "a.jpg") as again:
        return again.convert("RGB")


def alike(*pictures):
    stack = np.stack([np.asarray(picture) for picture in pictures])
    gray, colour = look_alikes.thumbnails(stack)
    return look_alikes.close_pairs(look_alikes.difference_hash(gray), colour)


def test_recompressed_and_resized_photos_are_found(tmp_path):
    first = photo(0)
    small = first.resize((64, 64), Image.Resampling.BICUBIC).resize((96, 96))
    pictures = [first, recompressed(first, tmp_path), small, photo(1)]
    assert alike(*pictures) == [(0, 1), (0, 2), (1, 2)]


def test_other_photos_are_not():
    assert alike(*(photo(seed) for seed in range(60))) == []


def test_another_colour_of_the_same_brightness_is_not():
    # dHash sees gray levels only; the thumbnails see the colour.
    pictures = []
    for colour in ((200, 0, 0), (0, 102, 0)):  # both 60 of 255 gray
        picture = Image.new("RGB", (64, 64), "white")
        ImageDraw.Draw(picture).rectangle((8, 8, 40, 40), fill=colour)
        pictures.append(picture)
    stack = np.stack([np.asarray(picture) for picture in pictures])
    gray, _ = look_alikes.thumbnails(stack)
    one, other = look_alikes.difference_hash(gray)
    assert (one == other).all()
    assert alike(*pictures) == []


def test_hash_by_hand():
    gray = np.zeros((2, 9, 9), "uint8")
    gray[1, 3:, :] = 9  # brighter from row 3 on: only that step goes down
    bits = np.unpackbits(
        look_alikes.difference_hash(gray).view("uint8"), axis=1
    )
    assert bits[0].sum() == 0
    right, down = bits[1][:64].reshape(8, 8), bits[1][64:].reshape(8, 8)
    assert right.sum() == 0
    assert down[2].tolist() == [1] * 8 and down.sum() == 8


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_pairs_are_those_of_a_double_loop(seed, n):
    # Hashes that differ in a few bits of one another, colours likewise.
    random = np.random.default_rng(seed)
    bits = np.zeros((n, 128), "uint8")
    for row in bits:
        row[random.integers(0, 128, random.integers(0, 4))] = 1
    colour = np.zeros((n, 16, 16, 3), "uint8")
    colour[np.arange(n), 3, 3, 0] = random.choice([0, 20, 24, 25, 45], n)
    hashes = np.packbits(bits, axis=1).view("uint64")
    expected = [
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if (bits[i] != bits[j]).sum() <= 2
        and abs(int(colour[i, 3, 3, 0]) - int(colour[j, 3, 3, 0])) <= 24
    ]
    assert look_alikes.close_pairs(hashes, colour) == expected


@pytest.fixture
def look(make_split):
    def run(**pictures):
        splits = {
            name: make_split(name, np.stack([np.asarray(p) for p in own]))
            for name, own in pictures.items()
        }
        numbers = contents(splits)
        small = {
            name: look_alikes.thumbnails(split.images.pixels)
            for name, split in splits.items()
        }
        groups, border = look_alikes.look_alike_groups(splits, numbers, small)
        findings = look_alikes.look_alike_findings(splits, groups, border)
        return [group.images for group in groups], border, findings

    return run


def test_across_the_border(look, tmp_path):
    again = recompressed(photo(0), tmp_path)
    groups, border, (across, inside) = look(
        test=[photo(3), again], train=[photo(1), photo(0)]
    )
    assert groups == [(("train", 1), ("test", 1))]
    assert border == [(("train", 1), ("test", 1))]
    assert (across.level, across.count, across.total) == ("note", 1, 2)
    assert across.examples == ("test:test1.png ~ train:train1.png",)
    assert "2 of the 128 bits" in across.text
    assert (inside.count, inside.total) == (2, 4)


def test_exact_copies_are_not_look_alikes(look):
    groups, border, (across, inside) = look(
        train=[photo(0), photo(0)], test=[photo(0), photo(1)]
    )
    assert groups == [] and border == []
    assert across.level == inside.level == "ok"


def test_each_picture_stands_in_one_group(look, tmp_path):
    # Each is a little like the next one, as the frames of a film are.
    first = np.asarray(photo(0)).astype(int)
    frames = [np.clip(first + 12 * i, 0, 255).astype("uint8") for i in range(6)]
    groups, _, _ = look(train=[photo(9), photo(8)], test=frames)
    members = [image for group in groups for image in group]
    assert len(members) == len(set(members)) > 3
