"""Write docs/float64.md: ``python docs/make_float64_page.py``. A test asserts that it is current."""

from __future__ import annotations

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).parents[1]

if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.path.insert(0, str(ROOT / "tests"))
    from support import replay_cases

    (ROOT / "docs" / "float64.md").write_text(replay_cases.table_as_markdown(), encoding="utf-8")
