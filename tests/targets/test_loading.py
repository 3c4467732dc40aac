"""From a target to its factories, and from --set to a factory's arguments. None of it needs TensorFlow."""

from __future__ import annotations

import contextlib
import functools
import math
import pathlib
import re
import sys
from typing import Any, Literal, Optional

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import gradcheck
from gradcheck.errors import CaseError, TargetError, UserCodeError
from gradcheck.targets.loading import Factory, load

TWO_CASES = """
    import gradcheck

    @gradcheck.case
    def second(samples: int = 3):
        return gradcheck.Case(reference=len, candidate=len, batch={"samples": samples}, variables=[])

    @gradcheck.case
    def first():
        return gradcheck.Case(reference=len, candidate=len, batch={}, variables=[], name="mine")

    @gradcheck.case
    def _hidden():
        return gradcheck.Case(reference=len, candidate=len, batch={}, variables=[])

    def helper():
        pass
"""


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


def names(target: object) -> list[str]:
    return [factory.name for factory in load(str(target))]


def test_without_a_name_all_public_cases_come_in_the_order_of_the_file(target):
    assert names(target(TWO_CASES)) == ["second", "first"]


@pytest.mark.parametrize("name", ["first", "second", "_hidden"])
def test_with_a_name_that_case_alone(target, name):
    assert names(f"{target(TWO_CASES)}:{name}") == [name]


def test_a_module_is_found_from_the_working_folder(target, in_folder):
    target(TWO_CASES, "a_package/inner.py")
    assert names("a_package.inner:first") == ["first"]
    assert names("a_package.inner") == ["second", "first"]


def test_a_package_is_a_module_although_it_is_a_folder(target, in_folder):
    target(TWO_CASES, "whole_package/__init__.py")
    assert names("whole_package:first") == ["first"]


def test_a_target_named_like_a_module_of_python_does_not_replace_it(target):
    load(str(target(TWO_CASES, "random.py")))
    import random

    assert not hasattr(random, "second")


def test_a_file_imports_its_neighbours(target, in_folder):
    target("from gradcheck_neighbour import NAME\n" + TWO_CASES.replace("\n    ", "\n"), "main/file.py")
    target("NAME = 1", "main/gradcheck_neighbour.py")
    assert names("main/file.py:first") == ["first"]


def test_a_file_with_a_colon_in_its_name(target):
    assert names(target(TWO_CASES, "a:b.py")) == ["second", "first"]


def test_a_case_is_called_by_its_own_name_or_else_by_its_factorys(target):
    second, first = load(str(target(TWO_CASES)))
    assert (second.make(seed=0).name, first.make(seed=0).name) == ("second", "mine")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.py", r"missing\.py does not exist \(looked in "),
        (".", r"is a folder: name a Python file in it"),
        ("notes.txt", r"notes\.txt is not a Python file: expected a name that ends in \.py"),
        ("two.py:nowhere", r"two\.py has no `nowhere`; cases there: `second`, `first`$"),
        ("two.py:helper", r"`helper` in .*two\.py is not a case: mark a function"),
        ("two.py:", r"is not a target: expected FILE\.py, FILE\.py:name, MODULE or MODULE:name"),
        ("two.py:a-b", r"is not a target: expected FILE\.py"),
        ("none.py", r"none\.py has no case: mark a function"),
        ("none.py:x", r"none\.py has no `x`; there is no case in it"),
        ("gradcheck_no_such_module", r"there is no module `gradcheck_no_such_module`; for a file"),
        ("json.gradcheck_no_such", r"there is no module `json\.gradcheck_no_such`"),
    ],
)
def test_what_is_wrong_with_a_target(target, in_folder, name, message):
    target(TWO_CASES, "two.py")
    target("x_y = 1", "none.py")
    target("", "notes.txt")
    with pytest.raises(TargetError, match=message):
        load(name)


def test_a_syntax_error_is_shown_with_its_line_and_caret(target):
    path = target("ok = 1\nbroken = (1,,2)\n")
    with pytest.raises(UserCodeError) as raised:
        load(str(path))
    said = str(raised.value)
    assert f'File "{path}", line 2\n    broken = (1,,2)\n' in said
    assert re.search(r"\n +\^\n", said)
    assert said.endswith("SyntaxError: invalid syntax")
    assert "Traceback" not in said


def test_an_exception_at_import_is_shown_with_their_frames_alone(target):
    path = target("def f():\n    return 1 / 0\n\nf()\n")
    with pytest.raises(UserCodeError) as raised:
        load(str(path))
    said = str(raised.value)
    frames = re.findall(r'File "(.*?)", line (\d+)', said)
    assert frames == [(str(path), "4"), (str(path), "2")]
    assert said.startswith(f"{path} could not be imported:\n\nTraceback (most recent call last):\n")
    assert said.endswith("ZeroDivisionError: division by zero")


def test_every_exception_of_a_chain_is_trimmed(target):
    path = target(
        "import json\ntry:\n    json.loads('{')\nexcept ValueError as e:\n    raise KeyError('k') from e\n"
    )
    with pytest.raises(UserCodeError) as raised:
        load(str(path))
    said = str(raised.value)
    assert set(re.findall(r'File "(.*?)"', said)) == {str(path)}
    assert "JSONDecodeError" in said
    assert said.endswith("KeyError: 'k'")


SEES_ARGUMENTS = """
    import sys
    import gradcheck

    SEEN = [list(sys.argv)]
    sys.argv.append("of its own")

    @gradcheck.case
    def case():
        SEEN.append(list(sys.argv))
        {ends}
        return gradcheck.Case(reference=len, candidate=len, batch={{}}, variables=[])
"""


@pytest.mark.parametrize("ends", ["", "raise SystemExit(2)"])
@pytest.mark.parametrize("name", ["sees_arguments.py", "sees_arguments"])
def test_the_users_code_sees_its_own_arguments_and_ours_are_put_back(
    target, in_folder, monkeypatch, name, ends
):
    target(SEES_ARGUMENTS.format(ends=ends), "sees_arguments.py")
    ours = ["gradcheck", "diff", "x.py", "--seed", "3"]
    monkeypatch.setattr(sys, "argv", ours)
    (factory,) = load(name)
    with pytest.raises(UserCodeError) if ends else contextlib.nullcontext():
        factory.make(seed=0)
    assert sys.argv is ours and ours[-1] == "3"
    assert factory.function.__globals__["SEEN"] == [[name], [name]]


def test_a_factory_that_was_not_loaded_by_a_command_sees_the_arguments_of_its_process(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py", "--epochs", "3"])
    seen = []
    with pytest.raises(CaseError):
        factory(lambda: seen.extend(sys.argv)).make(seed=0)
    assert seen == ["train.py", "--epochs", "3"]


def test_a_module_that_lacks_a_dependency_is_not_itself_missing(target, in_folder):
    path = target("import gradcheck_lacking\n", "depends.py")
    with pytest.raises(UserCodeError, match="the module depends could not be imported") as raised:
        load("depends")
    assert str(path) in str(raised.value)
    assert "No module named 'gradcheck_lacking'" in str(raised.value)


def test_a_file_that_ends_the_process_does_not_end_ours(target):
    with pytest.raises(UserCodeError, match="SystemExit: 0"):
        load(str(target("raise SystemExit(0)\n")))


@pytest.mark.parametrize("name", ["{}.py", "{}", "two.py:{}", "folder/{}.py:first", "two.{}"])
def test_a_name_that_is_too_long_for_a_file_is_one_that_is_not_there(target, in_folder, name):
    target(TWO_CASES, "two.py")
    with pytest.raises(TargetError, match=r"does not exist|there is no module|has no `x+`"):
        load(name.format("x" * 300))
    longest = "x" * 250
    target(TWO_CASES, f"{longest}.py")
    assert names(f"{longest}.py:first") == ["first"]


def test_a_working_directory_that_was_deleted(target, tmp_path, monkeypatch):
    path = target(TWO_CASES)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.setattr(sys, "path", list(sys.path))
    gone.rmdir()
    for name in ("relative.py", "module", "module:name"):
        with pytest.raises(TargetError, match=r"^the working directory no longer exists: change to one"):
            load(name)
    assert names(f"{path}:first") == ["first"]


def test_what_raises_when_it_is_looked_at_is_no_case(target):
    proxy = """
        class Proxy:
            def __call__(self): ...
            def __getattr__(self, name): raise RuntimeError(name)

        proxy = Proxy()
    """
    path = target(proxy + TWO_CASES.replace("\n    ", "\n        "))
    assert names(path) == ["second", "first"]
    with pytest.raises(TargetError, match=r"`proxy` in .* is not a case"):
        load(f"{path}:proxy")


def factory(function: Any) -> Factory:
    return Factory(function.__name__, function)


def taken(parameter: str, value: str, function: Any) -> Any:
    """Return what reaches `function` with --set parameter=value."""
    return factory(function).make(seed=0, settings={parameter: value}).batch["value"]


def holding(value: Any) -> gradcheck.Case:
    return gradcheck.Case(reference=len, candidate=len, batch={"value": value}, variables=[])


def takes(annotation: Any, default: Any = None) -> Any:
    def made(value=default):
        return holding(value)

    made.__annotations__ = {"value": annotation}
    return made


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (int, "500", 500),
        (int, "-3", -3),
        (float, "1e-3", 1e-3),
        (float, "2", 2.0),
        (str, "12", "12"),
        (str, "", ""),
        (bool, "true", True),
        (bool, "No", False),
        (bool, "1", True),
        (bool, "0", False),
        (pathlib.Path, "a/b", pathlib.Path("a/b")),
        (Optional[int], "7", 7),  # noqa: UP045 - the old spelling is tested as well
        (Optional[int], "none", None),  # noqa: UP045
        (int | None, "7", 7),
        (int | None, "None", None),
        (str | int, "7", 7),
        (str | int, "seven", "seven"),
        (Literal["mean", "sum"], "sum", "sum"),
        (Literal[1, 2, "x"], "2", 2),
        (Any, "7", "7"),
        ("int", "7", 7),
        ("pathlib.Path | None", "x", pathlib.Path("x")),
    ],
)
def test_a_value_is_converted_by_the_annotation(annotation, text, value):
    converted = taken("value", text, takes(annotation))
    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    ("annotation", "text", "expected"),
    [
        (int, "1.5", "int"),
        (int, "", "int"),
        (float, "fast", "float"),
        (bool, "maybe", "bool"),
        (int | None, "x", "int or None"),
        (Literal["mean", "sum"], "max", "one of mean, sum"),
        ("int", "x", "int"),
    ],
)
def test_a_value_that_does_not_convert_says_what_was_expected(annotation, text, expected):
    with pytest.raises(TargetError) as raised:
        taken("value", text, takes(annotation))
    assert str(raised.value) == (
        f"`value` of the case factory `made` cannot be set to {text!r}: expected {expected}"
    )


def test_a_type_that_no_text_converts_to():
    with pytest.raises(TargetError, match=r"there is no conversion from text to list\[int\]$"):
        taken("value", "[1]", takes(list[int]))


@pytest.mark.parametrize(("default", "text", "value"), [(3, "4", 4), (0.5, "1", 1.0), (True, "no", False)])
def test_without_an_annotation_the_default_tells_the_type(default, text, value):
    def made(value=default):
        return holding(value)

    converted = taken("value", text, made)
    assert converted == value
    assert type(converted) is type(value)


def test_without_annotation_and_default_a_value_stays_text():
    assert taken("value", "4", lambda value=None: holding(value)) == "4"


def test_an_annotation_that_only_type_checkers_know_hides_no_other():
    def made(value: int, other: OnlyForCheckers = None) -> OnlyForCheckers:  # noqa: F821 - on purpose
        return holding(value)

    assert taken("value", "4", made) == 4


@pytest.mark.parametrize("annotation", ["int[", "sys.nothing", "1 / 0", "exit()"])
def test_an_annotation_that_cannot_be_read_is_said_where_a_value_needs_it(annotation):
    def made(value: annotation = 3, other: int = 4):
        return holding((value, other))

    made.__annotations__["value"] = annotation
    with pytest.raises(
        UserCodeError, match=r"^`value` of the case factory `made` cannot be set with --set: to re"
    ):
        taken("value", "4", made)
    assert taken("other", "5", made) == (3, 5)


def test_an_annotation_that_is_no_type_is_no_conversion():
    with pytest.raises(TargetError, match=r"there is no conversion from text to \[1\. 1\.\]$"):
        taken("value", "3", takes(np.ones(2)))


def test_a_factory_that_does_not_tell_its_parameters():
    def made(value=3):
        return holding(value)

    made.__signature__ = 3
    with pytest.raises(TargetError, match=r"^the case factory `made` has no readable signature: "):
        factory(made).make(seed=0)


def test_a_decorated_factory_keeps_its_annotations():
    def made(value: int = 0):
        return holding(value)

    @functools.wraps(made)
    def wrapped(**arguments):
        return made(**arguments)

    assert taken("value", "4", wrapped) == 4


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
"""Hypothesis's own, of what can be written as UTF-8: which that is takes seconds to find out in a fresh copy."""


@given(st.integers())
def test_every_int_comes_through(number):
    assert taken("value", str(number), takes(int)) == number


@given(st.floats())
def test_every_float_comes_through(number):
    converted = taken("value", repr(number), takes(float))
    assert converted == number or (math.isnan(converted) and math.isnan(number))


@given(ANY_TEXT)
def test_every_text_comes_through_as_it_is(text):
    assert taken("value", text, takes(str)) == text


@given(ANY_TEXT)
def test_what_is_no_int_is_refused(text):
    try:
        number = int(text)
    except ValueError:
        with pytest.raises(TargetError):
            taken("value", text, takes(int))
    else:
        assert taken("value", text, takes(int)) == number


def test_an_unknown_name_suggests_the_nearest():
    def made(samples=1, learning_rate=0.1):
        return holding(None)

    with pytest.raises(TargetError, match=r"has no parameter `sample`: did you mean `samples`\?$"):
        factory(made).make(seed=0, settings={"sample": "3"})
    with pytest.raises(TargetError, match=r"no parameter `zzz`; it has `samples`, `learning_rate`$"):
        factory(made).make(seed=0, settings={"zzz": "3"})


def test_a_parameter_without_value_is_asked_for():
    with pytest.raises(TargetError, match="needs a value for `value`: give the parameter a default"):
        factory(holding).make(seed=0)


def test_the_seed_is_passed_on_only_where_it_is_wanted():
    assert factory(lambda seed=0: holding(seed)).make(seed=7).batch["value"] == 7
    assert factory(lambda other=0: holding(other)).make(seed=7).batch["value"] == 0


def test_a_seed_that_was_set_wins():
    def made(seed: int = 0):
        return holding(seed)

    assert factory(made).make(seed=7, settings={"seed": "9"}).batch["value"] == 9


def test_a_factory_that_raises():
    def made():
        raise RuntimeError("no data")

    with pytest.raises(UserCodeError, match=r"the case factory `made` raised:") as raised:
        factory(made).make(seed=0)
    assert str(raised.value).endswith("RuntimeError: no data")
    assert re.findall(r'File "(.*?)"', str(raised.value)) == [__file__]


def test_a_factory_that_ends_the_process_does_not_end_ours():
    def made():
        sys.exit(0)

    with pytest.raises(UserCodeError, match=r"`made` raised:(.|\n)*SystemExit: 0$"):
        factory(made).make(seed=0)


@pytest.mark.parametrize(
    ("returned", "described"), [(None, "None"), (3, "an int"), ({}, "a dict"), (pathlib.Path(), "a pathlib.")]
)
def test_a_factory_that_returns_something_else(returned, described):
    with pytest.raises(CaseError, match=f"returned {described}.*; expected a gradcheck.Case$"):
        factory(lambda: returned).make(seed=0)
