"""What all tests share: TensorFlow kept quiet and on the processor, and a few fixtures."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import pathlib
import random
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
# Tests run in two processes, and their tensors are small: threads of a process would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import hypothesis
import numpy as np
import pytest

from support import preloaded
from support.manifest import LONG
from support.project import ROOT

pytest_plugins = ["pytester"]

# TensorFlow traces and loads kernels at first use: a deadline per example would fail at random.
hypothesis.settings.register_profile(
    "shared", deadline=None, derandomize="CI" in os.environ, max_examples=100 if LONG else 40
)
hypothesis.settings.load_profile("shared")

UNTOUCHED = pytest.StashKey[Any]()
"""Where the generator of the ops' seeds stands, as long as no test has drawn."""

WORK = 1_000
"""How many ops a search for a fix replays where a test does not say otherwise: what is found, is found by then."""


CHANGES = 200
"""How many changes of a source it runs, likewise."""


def pytest_configure(config: pytest.Config) -> None:
    """Leave TensorFlow's and Keras's million objects out of further garbage collections.

    They took a fifth of the time of all tests. That is done before any test is imported: what is left out is not
    found any more either (`gc.get_objects`). What the tests themselves make comes to as much again, so
    `keras.utils.clear_session` does not ask for a collection of everything each time.
    """
    if not hasattr(config, "workerinput") and getattr(config.option, "numprocesses", None):
        return  # it starts the processes that run the tests, and runs none
    import keras
    import tensorflow as tf
    import typer.main

    assert tf and keras
    gc.collect()
    gc.freeze()
    keras.utils.clear_session = functools.partial(keras.utils.clear_session, free_memory=False)
    typer.main.get_command = functools.cache(
        typer.main.get_command
    )  # made from signatures, the same each time
    _iterate_without_autotuning(tf.data)
    if not LONG:
        _search_less()
    gc.set_threshold(5_000, 20, 50)  # each full one takes longer than the last: what tests keep grows


def _iterate_without_autotuning(data: Any) -> None:
    """Let iterators over datasets be freed at once.

    With autotuning, a thread of each sleeps longer and longer, and whatever frees the iterator waits for it: tests
    waited a minute for those that tests before them had left.
    """
    iterate = data.Dataset.__iter__

    @functools.wraps(iterate)
    def iterated(dataset: Any) -> Any:
        options = data.Options()
        options.autotune.enabled = False
        return iterate(dataset.with_options(options))

    data.Dataset.__iter__ = iterated


def _search_less() -> None:
    from gradcheck.comparison import altered

    _by_default["changes"], altered._MOST = altered._MOST, CHANGES
    for defaults in _defaults_of_a_search():
        _by_default["work"], defaults["work"] = defaults["work"], WORK


_by_default: dict[str, int] = {}
"""What a user's search may take, where tests search less."""


@pytest.fixture
def as_much_work_as_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a search go as far as a user's does, in a test of what is shown to users."""
    from gradcheck.comparison import altered

    monkeypatch.setattr(altered, "_MOST", _by_default.get("changes", altered._MOST))
    for defaults in _defaults_of_a_search():
        monkeypatch.setitem(defaults, "work", _by_default.get("work", defaults["work"]))


def _defaults_of_a_search() -> list[dict[str, Any]]:
    import gradcheck
    from gradcheck.options import Options

    return [function.__kwdefaults__ for function in (gradcheck.diff, Options.__init__)]


@pytest.fixture
def four_times_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a search go further in a test that cannot say `work=`."""
    for defaults in _defaults_of_a_search():
        monkeypatch.setitem(defaults, "work", max(defaults["work"], 4 * WORK))


@pytest.fixture(autouse=True)
def _each_test_imports_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Forget the targets that a test imported: the next one has others by the same names, elsewhere."""
    before, path = set(sys.modules), list(sys.path)
    yield
    sys.path[:] = path  # processes that a later test starts are given it
    folders = (ROOT / "examples", tmp_path_factory.getbasetemp())
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file and any(pathlib.Path(file).is_relative_to(folder) for folder in folders):
            del sys.modules[name]


@pytest.fixture(autouse=True)
def _no_loss_has_drawn_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test hang on whether one before it drew: after that, every run would get new kernels."""
    monkeypatch.setattr("gradcheck.execution.run.freeze._some_loss_draws", False)


@pytest.fixture(autouse=True)
def _kernels_are_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """Watch whether a test draws: comparisons keep the kernels then, which take a third of their time to make."""
    from gradcheck.execution.run import kernels

    known = request.session.stash.setdefault(UNTOUCHED, None)
    request.session.stash[UNTOUCHED] = None
    if request.node.get_closest_marker("unwatched"):
        yield
        return
    with kernels.draws_watched():
        kernels._thread.untouched = known
        yield
        request.session.stash[UNTOUCHED] = kernels._thread.untouched


@pytest.fixture(autouse=True)
def _the_guard_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a fault in the guard fail the test that meets it: users only get a warning."""

    def fail(_: Any, error: Exception) -> None:
        raise error

    monkeypatch.setattr("gradcheck.training.guard.Guard._fail", fail)


@pytest.fixture(scope="session")
def _preloaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with contextlib.ExitStack() as until_the_end:
        program = sys.executable
        if hasattr(os, "pidfd_open"):
            program = str(until_the_end.enter_context(preloaded.launcher(tmp_path_factory.mktemp("python"))))
        yield program


@pytest.fixture
def python_with_tensorflow(_preloaded: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Start Python, wherever a test or the tool does, with TensorFlow imported, and return the program."""
    monkeypatch.setattr(sys, "executable", _preloaded)
    return _preloaded


@dataclass(frozen=True)
class Outcome:
    """How a command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run a command line within this process."""
    from gradcheck.cli import app

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            app([str(argument) for argument in arguments], prog_name="gradcheck")
        out, err = capfd.readouterr()
        return Outcome(ended.value.code, out, err)

    return run


@pytest.fixture
def target(tmp_path: pathlib.Path) -> Callable[..., pathlib.Path]:
    """Write a target's source to a file."""

    def write(source: str, name: str = "target.py") -> pathlib.Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    return write


@pytest.fixture
def unchanged() -> Callable[..., contextlib.AbstractContextManager[None]]:
    """Assert that random state, and the variables given, are afterwards as before."""
    return _unchanged


@contextlib.contextmanager
def _unchanged(*variables: Any) -> Iterator[None]:
    before = _world(variables)
    yield
    after = _world(variables)
    assert [name for name in before if before[name] != after[name]] == []


def _world(variables: tuple[Any, ...]) -> dict[str, Any]:
    from keras.src.backend.common import global_state
    from tensorflow.python.eager import context
    from tensorflow.python.ops import stateful_random_ops

    eager = context.context()
    generator = getattr(eager, "_rng", None)  # absent until a seed was set
    keras_generator = global_state.get_global_attribute("global_seed_generator")
    tensorflow_generator = stateful_random_ops.global_generator
    _, keys, *rest = np.random.get_state()
    return {
        "Python": random.getstate(),
        "NumPy": (keys.tobytes(), *rest),
        "TensorFlow": (eager._seed, generator and generator.getstate()),
        "Keras": keras_generator and (id(keras_generator), _bytes(keras_generator.state)),
        "generator": tensorflow_generator and (id(tensorflow_generator), _bytes(tensorflow_generator.state)),
        **{str(number): _bytes(variable) for number, variable in enumerate(variables)},
    }


def _bytes(variable: Any) -> bytes:
    return np.asarray(variable).tobytes()
