"""What RELEASING.md asks of the built files; every fault is one line.

python tools/release_check.py [--keep FOLDER] [--no-install]

Builds sdist and wheel, the wheel once from the checkout and once from the
sdist, and looks whether both hold the same, whether every tracked file of
`keras_cmr/` is in it and nothing else, what it weighs, and whether versions
agree. Then installs it in an environment that never saw the checkout, does
there what a user does first, and lets mypy read `tools/typed_use.py` against
it. Exits with 1 if anything is wrong. `--keep` leaves the files in a folder.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_BYTES = 2**20
# What a user does first. Without its extras, some parts are said to be
# missing, and that is all.
FIRST = """
import keras_cmr
for name in keras_cmr.__all__:
    getattr(keras_cmr, name)
print("keras_cmr", keras_cmr.__version__, "imported from", keras_cmr.__file__)
"""


def run(*command, **options):
    return subprocess.run(
        [str(word) for word in command],
        check=True,
        text=True,
        **options,
    )


def environment(folder):
    """A virtual environment's Python."""
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def build(work):
    """Paths of the sdist, the wheel from it and the wheel of the checkout."""
    python = environment(work / "build")
    run(python, "-m", "pip", "install", "-q", "build")
    # `build` makes the sdist, and the wheel from the sdist.
    run(python, "-m", "build", "-o", work / "dist", ROOT, capture_output=True)
    run(
        python,
        *("-m", "build", "--wheel", "-o", work / "direct", ROOT),
        capture_output=True,
    )
    (sdist,) = (work / "dist").glob("*.tar.gz")
    (wheel,) = (work / "dist").glob("*.whl")
    (direct,) = (work / "direct").glob("*.whl")
    return sdist, wheel, direct


def contents(wheel):
    """Hash of every file in a wheel, by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            name: hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
        }


def tracked():
    """The package's files that git knows."""
    listed = run("git", "ls-files", "keras_cmr", cwd=ROOT, capture_output=True)
    return set(listed.stdout.splitlines())


def wheel_faults(wheel, direct):
    found, other = contents(wheel), contents(direct)
    for name in sorted(found.keys() | other.keys()):
        if found.get(name) != other.get(name):
            yield f"{name} differs between checkout and sdist"
    package = {name for name in found if ".dist-info/" not in name}
    expected = tracked()
    yield from (f"{name} is not in the wheel" for name in expected - package)
    yield from (f"{name} is in the wheel" for name in package - expected)
    if "keras_cmr/py.typed" not in package:
        yield "py.typed is not in the wheel"
    size = wheel.stat().st_size
    if size > MOST_BYTES:
        yield f"the wheel has {size:,} bytes, more than {MOST_BYTES:,}"


def version_faults(wheel):
    text = (ROOT / "keras_cmr" / "version.py").read_text()
    version = re.search(r'"(.+)"', text)[1]
    if f"-{version}-" not in wheel.name:
        yield f"the wheel is {wheel.name}, version.py says {version}"
    citation = (ROOT / "CITATION.cff").read_text()
    if f"\nversion: {version}\n" not in citation:
        yield f"CITATION.cff does not have version {version}"
    changes = (ROOT / "CHANGELOG.md").read_text()
    if not re.search(
        rf"^## \[({re.escape(version)}|Unreleased)\]", changes, re.M
    ):
        yield f"CHANGELOG.md has neither {version} nor Unreleased"


def use(wheel, work):
    """Does what a user does first; raises if that fails."""
    python = environment(work / "clean")
    # Not pinned: what a user gets today.
    run(python, "-m", "pip", "install", "-q", wheel, "mypy")
    run(python, "-c", FIRST, cwd=work)
    command = python.parent / "keras-cmr"
    run(command, "--help", cwd=work, stdout=subprocess.DEVNULL)
    run(command, "doctor", cwd=work)
    shutil.copy(ROOT / "tools" / "typed_use.py", work)
    run(python, "-m", "mypy", "--strict", "typed_use.py", cwd=work)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--keep", type=Path, help="folder for the built files")
    parser.add_argument("--no-install", action="store_true")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sdist, wheel, direct = build(work)
        faults = [*wheel_faults(wheel, direct), *version_faults(wheel)]
        for path in (sdist, wheel):
            print(f"{path.name}: {path.stat().st_size:,} bytes")
        print("\n".join(faults) or "sdist and wheel are as they should be")
        if not chosen.no_install:
            use(wheel, work)
        if chosen.keep and not faults:
            chosen.keep.mkdir(parents=True, exist_ok=True)
            for path in (sdist, wheel):
                shutil.copy(path, chosen.keep)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
