"""Write the JSON schemas into the documentation: ``python docs/make_schemas.py``.

They are what ``gradcheck schema COMMAND`` prints. A test asserts that they are current.
"""

from __future__ import annotations

import pathlib

from gradcheck.report.schema import DOCUMENTS, to_text

FOLDER = pathlib.Path(__file__).parent


def files() -> dict[pathlib.Path, str]:
    """Return what is to be in each file."""
    return {FOLDER / f"{command}.schema.json": to_text(command) for command in DOCUMENTS}


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
