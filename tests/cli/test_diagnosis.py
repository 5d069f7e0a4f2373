"""What `keras-cmr diagnose` prints; tests/test_cli.py runs it whole."""

from keras_cmr.cli.diagnosis import _show
from keras_cmr.datasets.css import generate
from keras_cmr.evaluation import diagnose
from tests.evaluation.diagnosis.word_sums import WordSums


def test_tables_fit_the_terminal(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    css = generate(scenes=8, image_size=32, verbose=0)
    found = diagnose(
        WordSums(), css.test, verbose=0, benchmark="css", resamples=20
    )
    _show(found)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    for section in found.sections:
        assert section.title in [line.strip() for line in lines]
    # The interval of the first figure alone; no figure is cut.
    value = found.sections[0].rows[-1][1]
    row = next(line for line in lines if line.strip().startswith("all "))
    assert value in row and row.count("[") == 1
    assert "…" not in "".join(lines)
    assert "Seen and novel objects" in " ".join(lines)
