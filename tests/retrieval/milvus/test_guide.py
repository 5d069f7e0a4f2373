"""The guide's code does on a server what it does in a folder."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "milvus.md"


def test_the_guide_on_a_server(location, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GALLERY", location)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    values = {}
    exec(compile("\n".join(blocks), GUIDE.name, "exec"), values)
    in_folder, on_server = capsys.readouterr().out.splitlines()
    assert in_folder == on_server and "shoe-0" in on_server
    assert values["gallery"].stats()["location"].startswith("milvus://")
