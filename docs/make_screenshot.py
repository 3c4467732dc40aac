"""Make docs/bandit.svg and docs/bandit-light.svg, the picture in the README, from what the command really prints.

python docs/make_screenshot.py
"""

import io
import os
import pathlib
import re
import subprocess
import sys

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME, TerminalTheme
from rich.text import Text

LIGHT = TerminalTheme(
    (255, 255, 255),
    (36, 41, 47),
    [
        (36, 41, 47),
        (207, 34, 46),
        (17, 99, 41),
        (154, 103, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (110, 119, 129),
    ],
)
"""Colours with enough contrast on white."""

ROOT = pathlib.Path(__file__).parent.parent
PICTURES = {
    ROOT / "docs" / "bandit.svg": SVG_EXPORT_THEME,
    ROOT / "docs" / "bandit-light.svg": LIGHT,
}
"""Which is drawn in which colours."""

ARGUMENTS = ("diff", "examples/bandit.py:actor")
ENVIRONMENT = {"COLUMNS": "80", "FORCE_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
"""What a terminal of 80 columns tells a program about itself."""


def picture(output: str, theme: TerminalTheme) -> str:
    """Return an SVG of a terminal in which the command was typed and printed `output`, colours and all."""
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "green"), f"gradcheck {' '.join(ARGUMENTS)}"))
    for line in Text.from_ansi(output).split("\n"):
        line.rstrip()
        console.print(line, overflow="ignore", no_wrap=True, crop=True)
    # Without the fonts that rich would load from a server: a page's monospace font will do.
    frame = re.sub(r"\s*@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    svg = console.export_svg(title="gradcheck", theme=theme, code_format=frame, unique_id="gradcheck")
    return "".join(line.rstrip() + "\n" for line in svg.splitlines())


def main() -> None:
    """Run the command and write the pictures."""
    ran = subprocess.run(
        [sys.executable, "-c", "from gradcheck.cli import main; main()", *ARGUMENTS],
        cwd=ROOT,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if ran.returncode != 1:
        sys.exit(f"expected exit code 1, got {ran.returncode}:\n{ran.stderr}")
    for path, theme in PICTURES.items():
        path.write_text(picture(ran.stdout, theme), encoding="utf-8")


if __name__ == "__main__":
    main()
