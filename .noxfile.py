"""The checks in every supported environment: `nox -f .noxfile.py`; `-l` lists the sessions.

Versions stand in `pyproject.toml`: the Pythons are its classifiers, the oldest TensorFlow its lower bound.
"""

from __future__ import annotations

import pathlib
import re
import shutil

import nox

ROOT = pathlib.Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")["project"]
PYTHONS = [
    found[1]
    for classifier in PROJECT["classifiers"]
    if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", classifier))
]
FIRST_FOR = {"3.13": "2.20.0"}
"""The first TensorFlow with a wheel for a Python, where that is newer than the lower bound."""

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "docs", f"tests-{PYTHONS[0]}(newest)"]


def lowest(requirements: list[str]) -> list[str]:
    """Return requirements with each lower bound as the version asked for."""
    return [requirement.replace(">=", "==") for requirement in requirements]


def oldest_tensorflow(python: str) -> str:
    """Return the requirement for the oldest TensorFlow that is supported on a Python."""
    bound = next(each for each in lowest(PROJECT["dependencies"]) if each.startswith("tensorflow=="))
    return f"tensorflow=={FIRST_FOR[python]}" if python in FIRST_FOR else bound


def run_tests(session: nox.Session) -> None:
    """Say what the tests run with, and run them."""
    session.run("python", "-c", "import tensorflow, keras; print(tensorflow.__version__, keras.__version__)")
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS)
@nox.parametrize("tensorflow", ["oldest", "newest"], ids=["oldest", "newest"])
def tests(session: nox.Session, tensorflow: str) -> None:
    """Run the tests with the oldest or the newest supported TensorFlow."""
    wanted = oldest_tensorflow(str(session.python)) if tensorflow == "oldest" else "tensorflow"
    session.install("-e", ".[test]", wanted)
    run_tests(session)


@nox.session(name="lowest", python=PYTHONS[0])
def lowest_dependencies(session: nox.Session) -> None:
    """Run the tests with every direct dependency at its lower bound."""
    pins = lowest([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]])
    session.install("-e", ".[test]", *pins)
    run_tests(session)


@nox.session(python=PYTHONS[-2])
def prerelease(session: nox.Session) -> None:
    """Run the tests with the release candidates of all dependencies."""
    session.install("--pre", "-e", ".[test]")
    run_tests(session)


@nox.session(python=PYTHONS[-2])
def nightly(session: nox.Session) -> None:
    """Run the tests with last night's TensorFlow and Keras."""
    session.install("--pre", "tf-nightly")
    others = [each for each in PROJECT["dependencies"] if not each.startswith("tensorflow")]
    session.install(*others, *PROJECT["optional-dependencies"]["test"])
    session.install("--no-deps", "-e", ".")  # it asks for `tensorflow`, which would take tf-nightly's place
    run_tests(session)


@nox.session(python=PYTHONS[0])
def lint(session: nox.Session) -> None:
    """Check layout, style, types and imports."""
    session.install("-e", ".[dev]")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session(python=PYTHONS[0])
def docs(session: nox.Session) -> None:
    """Build the site into `site/`; a broken link ends it."""
    session.install("-e", ".[docs]")
    session.run("zensical", "build", "--strict", "--config-file", ".zensical.toml")
    session.run("python", "docs/make_llms.py", "site")


@nox.session(python=PYTHONS[-2])
def coverage(session: nox.Session) -> None:
    """Measure which lines and branches the tests reach, in all their processes."""
    session.install("-e", ".[dev]")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")
    session.run("coverage", "html", "--quiet")


@nox.session(python=PYTHONS[0])
def build(session: nox.Session) -> None:
    """Build what is published into `dist/`, check it, and run every command of the wheel elsewhere."""
    session.install("build", "twine")
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", *map(str, (ROOT / "dist").iterdir()))
    session.install(*map(str, (ROOT / "dist").glob("*.whl")))
    smoke = shutil.copy(ROOT / "tests" / "project" / "smoke.py", session.create_tmp())
    session.run("python", smoke)
