"""Cases as tests. Most runs of pytest are within this process, where TensorFlow is loaded already."""

from __future__ import annotations

import importlib.util
import pkgutil
import sys
import tomllib

import pytest

import gradcheck
from support.project import ROOT, plugin_arguments

LOSSES = """
import numpy as np
import tensorflow as tf

import gradcheck

w = tf.Variable([1.0, 2.0], name="w")


def loop(x):
    return tf.add_n([tf.reduce_sum(w * x[i]) for i in range(len(x))]) / len(x)


def arrays(x):
    return tf.reduce_mean(tf.reduce_sum(w * x, axis=1))


def wrong(x):
    return tf.reduce_mean(w * x)


def raising(x):
    return x.nothing


def case(candidate, seed=0):
    x = np.random.default_rng(seed).normal(size=(4, 2)).astype("float32")
    return gradcheck.Case(reference=loop, candidate=candidate, batch={"x": x}, variables=[w])
"""
HEAD = "import pytest\nimport gradcheck\nfrom losses import *\n"


def factory(name, body, above=""):
    return f"{above}\n@gradcheck.case\ndef {name}(seed=0):\n    {body}\n"


RIGHT = factory("actor", "return case(arrays)")
WRONG = factory("actor", "return case(wrong)")


@pytest.fixture(scope="module")
def loaded():
    """Load all that an inner run would load: at its end, pytester forgets what is new in sys.modules."""
    for module in pkgutil.walk_packages(gradcheck.__path__, "gradcheck."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    namespace = {"__name__": "losses"}
    exec(LOSSES, namespace)
    for candidate in ("arrays", "wrong"):
        str(gradcheck.diff(namespace["case"](namespace[candidate])))


@pytest.fixture
def ran(pytester, loaded):
    """Run pytest in this process on a file of tests, beside which there is `losses.py`."""

    def run(source, *options):
        pytester.makepyfile(losses=LOSSES, test_it=HEAD + source)
        pytester.syspathinsert()
        return pytester.runpytest_inprocess(*plugin_arguments(*options))

    return run


@pytest.fixture
def collected(ran):
    """Return the names of the tests in a file."""

    def names(source):
        lines = ran(source, "--collect-only", "-q").outlines
        return [line.partition("::")[2] for line in lines if "::" in line]

    return names


def test_a_marked_function_is_a_test_that_passes_when_it_is_equivalent(ran):
    ran(RIGHT).assert_outcomes(passed=1)


def test_its_twin_fails_with_the_report_and_no_traceback(ran):
    result = ran(WRONG)
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    for line in (
        "actor  DIFFERENT",
        "  1 of 1 gradients differ; w by 50% of its norm",
        "  error[[]reduction[]]: *",
        "*return tf.reduce_mean(w * x)",
        "FAILED test_it.py::actor - DIFFERENT: 1 of 1 gradients differ; w by 50% of i*",
    ):
        result.stdout.fnmatch_lines([line])
    assert text.count("actor  DIFFERENT") == 1
    assert "AssertionError" not in text
    assert "pytest_plugin.py" not in text


@pytest.mark.usefixtures("python_with_tensorflow")
def test_a_case_is_run_in_modes_where_that_is_asked_for(ran):
    result = ran(RIGHT, "--gradcheck-modes", "eager,micro_batches", "-rP")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*Captured gradcheck modes call*", "actor  2 same"])


@pytest.mark.usefixtures("python_with_tensorflow")
def test_its_twin_fails_with_the_modes_that_differ(ran):
    clipped = "with tf.GradientTape() as t:\n        y = arrays(x)\n    return [t.gradient(y, w) ** 2]"
    source = f"\ndef clip(x):\n    {clipped}\n" + factory(
        "actor", "import dataclasses; return dataclasses.replace(case(clip), reference=clip)"
    )
    result = ran(source, "--gradcheck-modes", "eager,micro_batches")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*changed after it was taken*", "FAILED *MODES: different in micro_batches*"]
    )


def test_an_unknown_mode_ends_the_run(ran):
    result = ran(RIGHT, "--gradcheck-modes", "fast")
    assert "there is no mode `fast`; there are eager, function" in result.stdout.str() + result.stderr.str()


def test_the_report_on_what_passes_is_a_section(ran):
    assert "EQUIVALENT" not in ran(RIGHT).stdout.str()
    ran(RIGHT, "-rP").stdout.fnmatch_lines(["*Captured gradcheck call*", "actor  EQUIVALENT"])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return 1", "the case factory `actor` returned an int; expected a gradcheck.Case"),
        ("1 / 0", "the case factory `actor` raised:"),
        ("return case(raising)", "the candidate (losses.py:21) raised:"),
    ],
)
def test_an_error_of_a_case_is_a_failure_in_gradchecks_words(ran, body, says):
    result = ran(factory("actor", body))
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert f"\n{says}\n" in text
    assert f"FAILED test_it.py::actor - {says[:40]}" in text
    assert "gradcheck/" not in text.replace("/gradcheck/tests", "")


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [("skip", "skipped"), ("xfail", "xfailed"), ("fail", "failed")],
)
@pytest.mark.parametrize("by", ["factory", "candidate", "assertion"])
def test_pytests_own_ways_to_end_a_test_stay_what_they_are(ran, by, ends, outcome):
    source = {
        "factory": factory("actor", f"pytest.{ends}('no data')"),
        "candidate": factory("actor", f"return case(lambda x: pytest.{ends}('no data'))"),
        "assertion": f"def test_it(): gradcheck.assert_equivalent(case(lambda x: pytest.{ends}('no data')))\n",
    }[by]
    result = ran(source, "-rA")
    result.assert_outcomes(**{outcome: 1})
    assert "no data" in result.stdout.str()


def test_any_name_will_do_and_each_is_collected_once(collected):
    assert collected(RIGHT + factory("test_critic", "return case(arrays)") + "def test_it(): pass\n") == [
        "actor",
        "test_critic",
        "test_it",
    ]


def test_what_is_imported_is_collected_as_pytest_does_with_tests(pytester, collected):
    pytester.makepyfile(elsewhere=HEAD + RIGHT)
    assert collected("from elsewhere import actor\n") == ["actor"]
    assert collected("import elsewhere\n") == []


def test_a_leading_underscore_or_a_word_keeps_a_case_from_being_a_test(collected):
    hidden = factory("_actor", "return case(arrays)")
    refused = factory("test_critic", "return case(arrays)") + "test_critic.__test__ = False\n"
    assert collected(RIGHT + hidden + refused) == ["actor"]


def test_what_raises_when_it_is_looked_at_is_left_alone(collected):
    proxy = """
class Proxy:
    def __call__(self): ...
    def __getattr__(self, name): raise RuntimeError(name)

proxy = Proxy()
"""
    assert collected(proxy + RIGHT) == ["actor"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("class TestIt:" + RIGHT.replace("\n", "\n    "), "actor: a case in a class"),
        (
            factory("actor", "return case(arrays)", "@pytest.mark.parametrize('seed', [1, 2])"),
            "actor: a case cannot be parametrized",
        ),
    ],
)
def test_what_would_be_passed_over_is_refused(ran, source, says):
    result = ran(source)
    result.assert_outcomes(errors=1)
    assert says in result.stdout.str()


def test_marks_and_automatic_fixtures_hold(ran):
    source = """
@pytest.fixture(autouse=True)
def broken(monkeypatch):
    monkeypatch.setattr("losses.arrays", wrong)
"""
    through = factory("actor", "import losses; return case(losses.arrays)")
    expected = factory("expected", "return case(wrong)", "@pytest.mark.xfail(raises=AssertionError)")
    skipped = factory("skipped", "1 / 0", "@pytest.mark.skip")
    ran(through + expected + skipped).assert_outcomes(passed=1, xfailed=1, skipped=1)
    ran(source + through + skipped).assert_outcomes(failed=1, skipped=1)


@pytest.mark.parametrize("by", ["option", "setting"])
def test_trials(pytester, ran, by):
    """A case that differs on the batch of seed 2 alone."""
    source = factory("actor", "return case(wrong if seed == 2 else arrays, seed)")
    ran(source).assert_outcomes(passed=1)
    if by == "setting":
        pytester.makeini("[pytest]\ngradcheck_trials = 3\n")
    result = ran(source, *(("--gradcheck-trials", "3") if by == "option" else ()))
    result.assert_outcomes(failed=1)
    assert "not equivalent on 1 of 3 batches" in " ".join(result.stdout.str().split())


def test_the_option_wins_over_the_setting(pytester, ran):
    pytester.makeini("[pytest]\ngradcheck_trials = 3\n")
    source = factory("actor", "return case(wrong if seed == 2 else arrays, seed)")
    ran(source, "--gradcheck-trials", "1").assert_outcomes(passed=1)


@pytest.mark.parametrize("count", ["0", "-1", "many", ""])
def test_a_number_of_trials_that_is_none_is_refused(ran, count):
    result = ran(RIGHT, f"--gradcheck-trials={count}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "expected an integer of 1 or more" in result.stderr.str()


def test_a_setting_that_is_no_number_is_refused(pytester, ran):
    pytester.makeini("[pytest]\ngradcheck_trials = many\n")
    result = ran(RIGHT)
    assert result.ret != pytest.ExitCode.OK
    assert "gradcheck_trials: expected an integer of 1 or more" in result.stdout.str()


def test_an_assertion_shows_the_line_of_the_test_and_the_report(ran):
    result = ran("def test_it():\n    gradcheck.assert_equivalent(case(wrong))\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*gradcheck.assert_equivalent(case(wrong))",
            "E*AssertionError: wrong  DIFFERENT",
            "E*error[[]reduction[]]*",
        ]
    )
    assert "testing.py" not in result.stdout.str()
    ran("def test_it():\n    gradcheck.assert_equivalent(case(arrays))\n").assert_outcomes(passed=1)


def test_an_assertion_that_meets_an_error_shows_no_code_of_gradcheck(ran):
    text = ran("def test_it():\n    gradcheck.assert_equivalent(case(raising))\n").stdout.str()
    assert "UserCodeError: the candidate (losses.py:21) raised:" in text
    assert "testing.py" not in text
    assert "comparison/" not in text


PROBE = """
import sys
{above}

def test_nothing_heavy_was_imported():
    assert {{"tensorflow", "numpy", "rich", "gradcheck.comparison.api"}}.isdisjoint(sys.modules)
"""


@pytest.mark.parametrize(
    ("above", "outcome"), [("", "passed"), ("import gradcheck.comparison.api", "failed")]
)
def test_the_plugin_alone_imports_nothing_heavy(pytester, above, outcome):
    pytester.makepyfile(PROBE.format(above=above))
    run = pytester.run(sys.executable, "-m", "pytest", *plugin_arguments("-p", "no:hypothesispytest"))
    run.assert_outcomes(**{outcome: 1})


@pytest.mark.usefixtures("python_with_tensorflow")
def test_two_processes(pytester):
    critic = factory("critic", "return case(arrays)")
    pytester.makepyfile(losses=LOSSES, test_it=HEAD + WRONG + critic)
    run = pytester.run(sys.executable, "-m", "pytest", *plugin_arguments("-n", "2"))
    run.assert_outcomes(passed=1, failed=1)
    run.stdout.fnmatch_lines(["actor  DIFFERENT"])


def test_the_plugin_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"gradcheck": "gradcheck.pytest_plugin"}
