"""Show in docs/comparison.md what its scripts print: ``python docs/comparison/run_all.py`` (a minute)."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
from collections.abc import Callable

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs" / "comparison.md"
BLOCK = re.compile(r"```text\n\$ python (?P<script>docs/comparison/\w+\.py)\n(?P<shown>.*?)```", re.S)


def shown(page: str) -> dict[str, str]:
    """Return what the page shows of each script."""
    return {block["script"]: block["shown"] for block in BLOCK.finditer(page)}


def printed(script: str) -> str:
    """Return what a script prints."""
    ran = subprocess.run([sys.executable, ROOT / script], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{script}\n{ran.stderr}")
    return "".join(f"{line.rstrip()}\n" for line in ran.stdout.splitlines())


def written(page: str, run: Callable[[str], str]) -> str:
    """Return the page with what its scripts print."""
    return BLOCK.sub(lambda block: f"```text\n$ python {block['script']}\n{run(block['script'])}```", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), printed), encoding="utf-8")
