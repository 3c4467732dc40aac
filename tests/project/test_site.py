"""The pages of the site fit a desk and a phone, and a wrong address leads back to them, in a real browser."""

from __future__ import annotations

import functools
import http.server
import json
import queue
import re
import shutil
import subprocess
import sys
import threading

import pytest

from support.browser import PROGRAM, needed
from support.manifest import LONG
from support.project import ROOT

in_the_long_run = pytest.mark.skipif(not LONG, reason="builds the site; GRADCHECK_LONG=1 runs it")

BUILT_FROM = (".zensical.toml", "docs", "gradcheck", "CHANGELOG.md", "CONTRIBUTING.md")

WRAPPER = """<!doctype html><body><iframe id="it" style="height: 900px; border: 0"></iframe>
<script>
const frame = document.getElementById("it"), found = {};
const load = (address) => new Promise((done) => {
  frame.onload = () => setTimeout(done, 20);
  frame.src = address;
});
const over = (element) => element.scrollWidth - element.clientWidth;
(async () => {
  for (const page of PAGES) {
    await load("/docs/" + page);
    for (const width of [1280, 390]) {
      frame.style.width = width + "px";
      const there = frame.contentDocument;
      there.querySelectorAll("details").forEach((each) => { each.open = true; });
      const tables = [...there.querySelectorAll(".md-content table")].flatMap((each) =>
        [each, each.closest(".md-typeset__scrollwrap")].filter(Boolean).map(over));
      const button = there.querySelector(".md-sidebar-button");
      found[page + " " + width] = {
        page: over(there.documentElement),
        tables: Math.max(0, ...tables),
        covers: button ? Math.max(0, Math.ceil(button.getBoundingClientRect().bottom)) : 0,
      };
    }
  }
  await load("/docs/no/such/page/");
  const home = frame.contentDocument.getElementById("home");
  while (home.getAttribute("href") === "/") await new Promise((done) => setTimeout(done, 10));
  found.home = home.getAttribute("href");
  await fetch("/found", { method: "POST", body: JSON.stringify(found) });
})();
</script>"""


class Served(http.server.SimpleHTTPRequestHandler):
    """The site in a folder of a host, as a project's pages often are."""

    def log_message(self, *given):
        pass

    def do_POST(self):
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def send_error(self, code, *given):
        page = self.path.startswith("/docs/") and self.command == "GET"
        body = (self.site / "404.html").read_bytes() if page else b""
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    """Build the site, load every page in a browser, and return how it came out."""
    folder = tmp_path_factory.mktemp("site")
    for name in BUILT_FROM:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    command = [sys.executable, "-m", "zensical", "build", "--config-file", ".zensical.toml"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (folder / "host").mkdir()
    site = (folder / "site").rename(folder / "host" / "docs")
    pages = sorted(str(page.parent.relative_to(site)) + "/" for page in site.rglob("index.html"))
    (folder / "host" / "wrapper.html").write_text(WRAPPER.replace("PAGES", json.dumps(pages)))
    Served.site, Served.found = site, queue.Queue()
    handler = functools.partial(Served, directory=str(folder / "host"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield found_by_a_browser(f"http://127.0.0.1:{server.server_port}/wrapper.html", folder)
        finally:
            server.shutdown()


def found_by_a_browser(address, folder):
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000", "--hide-scrollbars"]
    command = [
        PROGRAM,
        *options,
        f"--user-data-dir={folder / 'profile'}",
        "--remote-debugging-port=0",
        address,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
        try:
            return Served.found.get(timeout=60)
        finally:
            browser.terminate()


@needed
@in_the_long_run
def test_no_page_and_no_table_scrolls_sideways(looked_at):
    pages = {name: found for name, found in looked_at.items() if name != "home"}
    assert len(pages) > 100
    assert {name: found for name, found in pages.items() if found["page"] > 0 or found["tables"] > 1} == {}


@needed
@in_the_long_run
def test_the_button_for_the_contents_of_a_page_covers_no_text(looked_at):
    header = 50
    assert {
        name: found for name, found in looked_at.items() if name != "home" and found["covers"] > header
    } == {}


@needed
@in_the_long_run
def test_a_wrong_address_leads_to_the_first_page_of_a_site_in_a_folder(looked_at):
    assert looked_at["home"] == "/docs/"


def test_the_page_for_a_wrong_address_needs_nothing_from_elsewhere():
    page = (ROOT / "docs" / "theme" / "404.html").read_text()
    assert not re.search(r"<link|src=|url\(|@import", page)
    assert re.findall(r'href="(.*?)"', page) == ["/"]
