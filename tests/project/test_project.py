"""What is said of the project in several files is the same in each."""

import importlib.util
import itertools
import re
import tomllib

import pytest
import typer
import yaml

import gradcheck
from gradcheck.cli import app
from support.project import ROOT

FORGE = ROOT / ".github"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
REQUIREMENTS = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
JOBS = {
    f"{path.stem}/{name}": job
    for path in sorted((FORGE / "workflows").glob("*.yml"))
    for name, job in yaml.safe_load(path.read_text())["jobs"].items()
}
LETTERS = sorted(path for path in FORGE.rglob("*") if path.suffix in (".md", ".yml"))
STABILITY = (ROOT / "docs" / "stability.md").read_text()


@pytest.fixture(scope="module")
def noxfile():
    pytest.importorskip("nox")
    spec = importlib.util.spec_from_file_location("noxfile", ROOT / ".noxfile.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def runs_of(job):
    """Return each nox session that a job runs, with its matrix filled in, and the Pythons that are set up."""
    matrix = dict(job.get("strategy", {}).get("matrix", {}))
    rows = matrix.pop("include", None) or [
        dict(zip(matrix, row, strict=True)) for row in itertools.product(*matrix.values())
    ]
    for row in rows:
        steps = yaml.safe_load(
            re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda found: str(row[found[1]]), yaml.dump(job["steps"]))  # noqa: B023
        )
        pythons = " ".join(str(step.get("with", {}).get("python-version", "")) for step in steps).split()
        for step in steps:
            if step.get("run", "").startswith("nox -f .noxfile.py -s "):
                yield from ((name.strip('"'), pythons) for name in step["run"].split()[4:])


def existing_sessions(noxfile):
    """Return the Python of each session."""
    found = {}
    for name, session in noxfile.nox.registry.get().items():
        for parameters in getattr(session, "parametrize", []):
            found |= {f"{name}-{python}({parameters})": python for python in session.python}
        if not hasattr(session, "parametrize"):
            found[name] = session.python
    return found


def test_each_supported_python_is_tested_with_the_oldest_and_the_newest_tensorflow():
    ages = ("oldest", "newest")
    assert [name for name, _ in runs_of(JOBS["tests/tests"])] == [
        f"tests-{python}({age})" for python in PYTHONS for age in ages
    ]
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


def test_the_workflows_run_each_session_and_no_other_on_its_python(noxfile):
    runs = [run for job in JOBS.values() for run in runs_of(job)]
    existing = existing_sessions(noxfile)
    assert {name for name, _ in runs} == set(existing)
    assert all(existing[name] in pythons for name, pythons in runs)


def test_the_lowest_session_has_the_lower_bounds(noxfile):
    assert all(re.fullmatch(r"[\w-]+>=[\d.]+", requirement) for requirement in REQUIREMENTS)
    assert [pin.split("==") for pin in noxfile.lowest(REQUIREMENTS)] == [
        requirement.split(">=") for requirement in REQUIREMENTS
    ]


def test_the_oldest_tensorflow_is_the_lower_bound_or_the_first_for_a_python(noxfile):
    bound = next(each for each in REQUIREMENTS if each.startswith("tensorflow>=")).removeprefix(
        "tensorflow>="
    )
    assert noxfile.FIRST_FOR.keys() < set(PYTHONS)
    for python in PYTHONS:
        oldest = noxfile.FIRST_FOR.get(python, bound)
        assert noxfile.oldest_tensorflow(python) == f"tensorflow=={oldest}"
        assert oldest.removesuffix(".0") in STABILITY and python in STABILITY


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.name)
def test_what_is_named_to_contributors_exists(path):
    text = path.read_text()
    for named in re.findall(r"`((?:docs|tests|\.github)/[\w./-]+)`", text):
        assert (ROOT / named).exists(), named
    commands = typer.main.get_command(app).commands
    for command, options in re.findall(r"`gradcheck (\w+)([^`]*)`", text):
        known = {option for parameter in commands[command].params for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", options)) <= known


def test_what_is_to_be_cited_is_this_version():
    citation = yaml.safe_load((ROOT / "docs" / "CITATION.cff").read_text())
    assert citation["version"] == gradcheck.__version__
    assert f"version = {{{gradcheck.__version__}}}" in (ROOT / "docs" / "citing.md").read_text()
    assert citation["license"] == PROJECT["license"]["text"]


def test_the_address_of_the_repository_stands_in_one_place():
    address = PROJECT["urls"]["Repository"]
    assert all(PROJECT["urls"][name].startswith(f"{address}/") for name in ("Issues", "Changelog"))
    texts = [path.read_text() for path in (*LETTERS, *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"))]
    assert not any(address in text for text in texts)


def test_the_page_on_other_builds_of_tensorflow_names_every_other_dependency():
    named = re.search(
        r"pip install (.*)\n    pip install --no-deps", (ROOT / "docs" / "start.md").read_text()
    )
    others = {re.split(r"[<>=]", each)[0] for each in PROJECT["dependencies"]} - {"tensorflow"}
    assert set(named[1].split()) == others
