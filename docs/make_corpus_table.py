"""Measure the corpus and write docs/corpus.md: ``python docs/make_corpus_table.py`` (some minutes)."""

from __future__ import annotations

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).parents[1]

if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.path.insert(0, str(ROOT / "tests"))
    from support import corpus_figures

    corpus_figures.write(ROOT / "docs" / "corpus.md")
