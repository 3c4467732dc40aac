"""A real browser, where one is installed: pages are loaded in it and asked how they came out."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needed = pytest.mark.skipif(PROGRAM is None, reason="no browser is installed (chromium, google-chrome)")

# A window is never narrower than 500 pixels, a frame is.
_WRAPPER = """<!doctype html><html style="color-scheme: {scheme}"><body>
<iframe id="it" style="width: {width}px; height: 900px; color-scheme: {scheme}" srcdoc="{page}"></iframe>
<pre id="found"></pre><script>
const frame = document.getElementById("it");
const pressed = async (button) => {{
  if (!button) return null;
  button.focus();
  const look = getComputedStyle(button);
  const outline = look.outlineStyle, ink = look.color, paper = look.backgroundColor;
  button.click();
  await new Promise((done) => setTimeout(done, 200));
  return {{ outline, ink, paper, says: button.textContent }};
}};
frame.onload = async () => {{
  const there = frame.contentDocument;
  const copy = await pressed(there.querySelector("button.copy"));
  const wide = frame.contentWindow.innerWidth;
  document.getElementById("found").textContent = JSON.stringify({{
    overflow: there.documentElement.scrollWidth - wide,
    images: [...there.images].map((image) => [image.naturalWidth, image.naturalHeight]),
    background: getComputedStyle(there.querySelector(".gradcheck")).backgroundColor,
    ink: getComputedStyle(there.querySelector(".gradcheck")).color,
    scripts: there.scripts.length,
    buttons: there.querySelectorAll("button.copy").length,
    copy,
    text: there.body.innerText,
  }});
}};
</script></body></html>"""


@dataclass(frozen=True)
class Seen:
    """What a page was found to be, and what the browser complained of."""

    found: dict[str, Any]
    complaints: list[str]


def seen(page: str, folder: Any, width: int, scheme: str = "light") -> Seen:
    """Load a page of HTML in a frame of `width` pixels."""
    file = folder / "wrapper.html"
    wrapper = _WRAPPER.format(page=html.escape(page), width=width, scheme=scheme)
    file.write_text(wrapper, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
    profile = [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=2000"]
    ran = subprocess.run(
        [PROGRAM, *options, *profile, file.as_uri()], capture_output=True, text=True, timeout=60, check=False
    )
    found = re.search(r'<pre id="found">(.*?)</pre>', ran.stdout, re.S)[1]
    complaints = [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
    return Seen(json.loads(html.unescape(found)), complaints)
