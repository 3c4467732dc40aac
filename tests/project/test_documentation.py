"""What the documentation shows is what happens.

Examples run in a folder of their own. A block may have a comment in front of it: `<!-- fails -->` (a test
in it does), `<!-- exit 1 -->` (how its commands end; 0 if nothing is said), `quiet` (their output is not
shown), `stderr` (what `gradcheck run` says at its end is), `needs torch` (it is passed over where that package is
not installed), `long` (it is run with GRADCHECK_LONG=1 alone).
With GRADCHECK_UPDATE=1 what is shown of a command's output is written anew.
"""

import contextlib
import functools
import importlib.util
import linecache
import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass

import pytest
import typer

import gradcheck
from gradcheck.cases import is_case_factory
from gradcheck.cli import app
from support.manifest import LONG
from support.project import ROOT, plugin_arguments
from support.reports import masked

PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md"))
    if "corpus" not in path.parts
)
BLOCK = re.compile(
    r"(?:<!-- (?P<how>.*?) -->\n)?```(?P<kind>\w+)(?: title=\"(?P<file>\S+)\")?\n(?P<text>.*?)```", re.S
)
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
TYPER = tuple(map(int, typer.__version__.split(".")[:2]))  # older ones lay out the help in another way
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


@dataclass(frozen=True)
class Block:
    how: str
    kind: str
    file: str | None
    text: str


def blocks(text):
    found = [Block(**{**match.groupdict(""), "file": match["file"]}) for match in BLOCK.finditer(text)]
    return [block for block in found if block.kind in ("python", "console")]


def test_no_example_is_passed_over():
    for page in PAGES:
        openings = re.findall(r"^```\w.*", page.read_text(), re.M)
        assert len(openings) == len(BLOCK.findall(page.read_text())), page


def name(page):
    return str(page.relative_to(ROOT))


WITH_EXAMPLES = [page for page in PAGES if "causes" not in page.parts and blocks(page.read_text())]


@pytest.mark.usefixtures("python_with_tensorflow")
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=name)
def test_the_examples_of_a_page_do_what_it_says(page, cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("COLUMNS", "76")  # as wide as a code block of the site
    # pytest does not shorten the lines of its summary where one of the last two is set.
    for variable in ("FORCE_COLOR", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(variable, raising=False)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    text, done = page.read_text(), 0
    for number, block in enumerate(blocks(text)):
        if (needed := re.search(r"needs (\w+)", block.how)) and not importlib.util.find_spec(needed[1]):
            continue
        if "long" in block.how and not LONG:
            continue
        if block.kind == "python":
            run_tests(block, tmp_path / (block.file or f"example_{number}.py"))
            continue
        if "--help" in block.text and TYPER < (0, 29):
            continue
        shown = run_commands(block, cli)
        if os.environ.get("GRADCHECK_UPDATE") == "1":
            start = text.index(f"```console\n{block.text}```", done)
            done = start + len(shown)
            text = text[:start] + text[start:].replace(block.text, shown, 1)
            page.write_text(text)
        assert masked(shown) == masked(block.text) or done


def run_tests(block, path):
    """Write the file, import it as its readers will, and run the tests in it; its cases, if it `fails`."""
    path.write_text(block.text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    functions = {called: thing for called, thing in vars(module).items() if callable(thing)}
    tests = [function for called, function in functions.items() if called.startswith("test_")]
    if block.how == "fails" and not tests:
        cases = filter(is_case_factory, functions.values())
        tests = [functools.partial(gradcheck.assert_equivalent, case) for case in cases]
        assert tests
    for test in tests:
        with pytest.raises(AssertionError) if block.how == "fails" else contextlib.nullcontext():
            test()


def run_commands(block, cli):
    """Run the commands of a block, and return it with what they printed."""
    code = int(re.search(r"exit (\d+)|$", block.how)[1] or 0)
    shown = []
    for line in block.text.splitlines():
        if not line.startswith("$ "):
            continue
        shown.append(line)
        program, *arguments = line.removeprefix("$ ").split()
        if program == "pytest":
            shown += run_pytest(arguments, code, quiet="quiet" in block.how)
            continue
        if program != "gradcheck":
            subprocess.run([program, *arguments], check=True, capture_output=True)
            continue
        linecache.clearcache()  # a process of its own would read the source anew
        outcome = cli(*arguments)
        assert outcome.code == code, outcome.err
        if "quiet" not in block.how:
            shown += [complaint for complaint in outcome.err.splitlines() if complaint.startswith("error: ")]
            shown += [printed.rstrip() for printed in outcome.out.splitlines()]
        if "stderr" in block.how:
            shown += [line for line in outcome.err.splitlines() if line.startswith("gradcheck: ")]
    return "\n".join(shown) + "\n"


def run_pytest(arguments, code, quiet):
    """Run pytest in a process of its own, and return what it printed but for the time it took."""
    command = [sys.executable, "-m", "pytest", *plugin_arguments(*arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return [] if quiet else [re.sub(r" in \d+.*", "", line).rstrip() for line in ran.stdout.splitlines()]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    for target, heading in LINK.findall(page.read_text()):
        path = page.parent / target if target else page
        assert path.exists(), target
        if heading and path.suffix == ".md":
            assert heading in headings(path), f"{target}#{heading}"


def headings(path):
    """Return the anchors that GitHub gives the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}


DOCS = ROOT / "docs"
COMMANDS = tuple(typer.main.get_command(app).commands)


def test_each_command_has_a_page():
    assert {path.stem for path in (DOCS / "commands").iterdir()} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(cli, command):
    page = (DOCS / "commands" / f"{command}.md").read_text()
    assert f"$ gradcheck {command} --help\n" in page
    options = set(re.findall(OPTION, cli(command, "--help").out))
    assert {"--help", "-h"} <= options
    assert options - set(re.findall(OPTION, page)) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_documented_options_exist(cli, command):
    explained = re.findall(r"`(--[a-z-]+)", (DOCS / "commands" / f"{command}.md").read_text())
    assert set(explained) <= set(re.findall(OPTION, cli(command, "--help").out))


def test_each_page_is_in_the_navigation_of_the_site():
    navigation = tomllib.loads((ROOT / ".zensical.toml").read_text())["project"]["nav"]
    listed = re.findall(r"'([^']*\.md)'", str(navigation))
    assert sorted(listed) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


def test_each_public_name_is_in_the_reference():
    listed = re.findall(r"^::: gradcheck(?:\.\w+)*\.(\w+)$", (DOCS / "api.md").read_text(), re.M)
    assert {*gradcheck.__all__, "strategies"} - {"__version__"} <= set(listed)


def test_the_lines_of_the_readme_are_those_of_the_example():
    readme = (ROOT / "README.md").read_text()
    assert "pip install . && gradcheck diff examples/bandit.py" in readme
    assert "pip install '.[test]' && pytest" in readme
    assert pathlib.Path(ROOT / "examples" / "bandit.py").exists()


COMPARISON = runpy.run_path(str(ROOT / "docs" / "comparison" / "run_all.py"))
SHOWN = COMPARISON["shown"](COMPARISON["PAGE"].read_text(encoding="utf-8"))


def packages_it_lacks(script):
    imported = set(re.findall(r"^import (\w+)", (ROOT / script).read_text(encoding="utf-8"), re.M))
    return sorted(package for package in imported - {"bandit"} if not importlib.util.find_spec(package))


@pytest.mark.usefixtures("python_with_tensorflow")
@pytest.mark.parametrize("script", [script for script in SHOWN if "versions" not in script])
def test_the_scripts_of_the_comparison_print_what_is_shown(script):
    if lacking := packages_it_lacks(script):
        pytest.skip(f"pip install '.[comparison]': there is no {', '.join(lacking)}")
    assert masked(COMPARISON["printed"](script)) == masked(SHOWN[script])


def test_every_script_of_the_comparison_is_shown():
    scripts = {f"docs/comparison/{path.name}" for path in (ROOT / "docs" / "comparison").glob("*.py")}
    assert scripts - set(SHOWN) == {"docs/comparison/bandit.py", "docs/comparison/run_all.py"}


def test_what_the_scripts_print_is_written_into_the_comparison():
    page = COMPARISON["PAGE"].read_text(encoding="utf-8")
    assert COMPARISON["written"](page, SHOWN.__getitem__) == page
    changed = COMPARISON["written"](page, "printed by {}\n".format)
    assert COMPARISON["shown"](changed) == {script: f"printed by {script}\n" for script in SHOWN}


WIDTH = 76
"""Of a code block on the site, in characters."""

PYTHON = "\n\n\n".join(
    f"# {name(page)}\n{block.text.strip()}"
    for page in PAGES
    for block in blocks(page.read_text())
    if block.kind == "python"
)


def too_wide(text):
    return [line for line in text.splitlines() if len(line) > WIDTH]


def formatted(text):
    """Return code in the layout that ruff gives it in lines of this width."""
    ruff = shutil.which("ruff")
    if ruff is None:
        pytest.skip("pip install '.[docs]': there is no ruff")
    command = [ruff, "format", "--isolated", "--line-length", str(WIDTH), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_examples_fit_a_code_block_of_the_site():
    assert too_wide(PYTHON) == []


def test_examples_are_formatted():
    assert formatted(PYTHON).strip() == PYTHON.strip()


def test_an_example_that_does_not_fit_is_found():
    wide = f"{'wide' * 10} = [{', '.join(map(str, range(20)))}]"
    assert too_wide(f"{PYTHON}\n{wide}\n") == [wide]
    assert too_wide(formatted(wide)) == []
