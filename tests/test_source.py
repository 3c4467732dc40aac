"""Files and spans, as they are shown."""

from __future__ import annotations

import pathlib
import sys

import pytest

from gradcheck.source import line_span, shown_path, source_lines


def test_a_file_below_the_working_directory_is_shown_relative_to_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown_path(str(tmp_path / "losses" / "actor.py")) == str(pathlib.Path("losses", "actor.py"))
    assert shown_path("/elsewhere/actor.py") == "/elsewhere/actor.py"


@pytest.mark.skipif(sys.platform == "win32", reason="a working directory cannot be deleted there")
def test_a_deleted_working_directory_leaves_paths_and_source_as_they_are(tmp_path, monkeypatch):
    file, folder = tmp_path / "actor.py", tmp_path / "deleted"
    file.write_text("loss = 1.0\n")
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    span = line_span(str(file), 1)
    assert shown_path(str(file)) == span.file == str(file)
    assert source_lines(span) == ["loss = 1.0"]
