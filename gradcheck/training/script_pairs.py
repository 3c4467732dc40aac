"""Two scripts that train, unedited: the gradients that they take, compared place by place."""

from __future__ import annotations

import ast
import pathlib
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gradcheck.comparison.report import Report, could_not_check
from gradcheck.errors import CaseError, ScriptEndedError, TargetError
from gradcheck.options import Options
from gradcheck.source import is_user_file
from gradcheck.source.arguments import argument_span, written_argument
from gradcheck.training.script import as_main, ending_of, script

if TYPE_CHECKING:
    from gradcheck.execution.scripts.capture import Capture, TakenAt


@dataclass(frozen=True)
class ScriptTarget:
    """A script, and the line whose gradients are meant; None for all that it takes."""

    path: pathlib.Path
    line: int | None = None


def scripts_of(reference: str, candidate: str) -> tuple[ScriptTarget, ScriptTarget] | None:
    """Return the two scripts that are named, as ``FILE.py`` or ``FILE.py:LINE``; None where they hold cases.

    Raises
    ------
    TargetError
        One holds cases and the other does not, or a file cannot be read.
    """
    targets = [_script_target(text) for text in (reference, candidate)]
    scripts = [target for target in targets if target is not None]
    if len(scripts) == 2:
        return scripts[0], scripts[1]
    if scripts:
        alone = reference if targets[0] is not None else candidate
        raise TargetError(
            f"{alone} holds no case, and the other target does: expected two scripts, or targets that hold cases"
        )
    return None


_WITH_LINE = re.compile(r"(?P<path>.+\.py):(?P<line>\d+)")


def _script_target(text: str) -> ScriptTarget | None:
    found = _WITH_LINE.fullmatch(text)
    if found is not None:
        return ScriptTarget(pathlib.Path(found["path"]), int(found["line"]))
    path = pathlib.Path(text)
    if path.suffix != ".py" or _holds_cases(_tree(path)):
        return None
    return ScriptTarget(path)


def _tree(path: pathlib.Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except OSError as error:
        raise TargetError(f"cannot read {path}: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        raise TargetError(f"{path} is not valid Python: {error}") from error


def _holds_cases(tree: ast.Module) -> bool:
    decorators = (
        decorator
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    )
    return any(
        isinstance(each, ast.Attribute | ast.Name) and _last_name(each) == "case" for each in decorators
    )


def _last_name(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def diff_scripts(reference: ScriptTarget, candidate: ScriptTarget, options: Options) -> list[Report]:
    """Run two scripts from the same seeds, and compare the first gradients that they take, place by place.

    Each is ended as soon as two gradients were recorded at each place where it takes some. Its weights stay those
    that it starts with meanwhile, and functions made by `tf.function` run eagerly.

    Returns
    -------
    A report per pair of places. Places are paired in the order in which they are first reached, those first whose
    variables have the same paths and shapes; one without a counterpart has a report that says so.

    Raises
    ------
    TargetError
        A script cannot be read, or is no Python.
    CaseError
        A script took no gradient that could be recorded.
    """
    sides = [
        _recorded(target, side, options.seed)
        for target, side in ((reference, "reference"), (candidate, "candidate"))
    ]
    own, other = (list(side.places.values()) for side in sides)
    pairs = _pairs(own, other)
    names = _names([two if two is not None else one for one, two in pairs])
    said = _said(sides)
    reports = [_report(name, *pair, options) for name, pair in zip(names, pairs, strict=True)]
    return [_with(report, said) for report in reports]


def _recorded(target: ScriptTarget, side: str, seed: int) -> Capture:
    """Run a script, and return what was recorded of it."""
    from gradcheck.execution.scripts.capture import Capture
    from gradcheck.execution.scripts.fresh import as_the_first

    program = script(target.path)
    capture = Capture(side, target.line, _lines(target.path), lambda: vars(sys.modules["__main__"]))

    def run() -> None:
        try:
            with capture.capturing():
                program.run()
        except ScriptEndedError:
            pass

    with as_the_first(seed), as_main(program, ()):
        ending = ending_of(run)
    if capture.fault is not None:
        raise capture.fault
    if not any(place.taken or place.obstacle for place in capture.places.values()):
        raise CaseError(_nothing(target, capture, ending.why))
    return capture


def _nothing(target: ScriptTarget, capture: Capture, why: str) -> str:
    """Return why nothing was recorded of a script that ended so."""
    if target.line is not None and capture.lines:
        lines = ", ".join(map(str, sorted(capture.lines)))
        return f"{target.path} took no gradient on line {target.line}: it takes some on {lines}"
    said = f": it {why}" if why else ""
    return (
        f"{target.path} took no gradient that could be recorded{said} (this is possible for `tape.gradient` "
        "for variables in the main thread, but not in the replicas of a distribution strategy)"
    )


def _lines(path: pathlib.Path) -> frozenset[int]:
    """Return the lines of a script in which a tape seems to be asked for gradients."""
    return frozenset(
        node.lineno
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "gradient"
    )


Pair = tuple["TakenAt | None", "TakenAt | None"]


def _pairs(reference: Sequence[TakenAt], candidate: Sequence[TakenAt]) -> list[Pair]:
    """Return which places go together, in the order of the candidate, and those that go with none."""
    free = list(reference)
    partners: dict[int, TakenAt] = {}
    for is_alike in (_same_paths, _same_shapes, _anything):
        if is_alike is _anything and len(free) != len(candidate) - len(partners):
            break  # with as many on both sides, the report on each says what does not pair
        for number, own in enumerate(candidate):
            found = next((one for one in free if is_alike(one, own)), None)
            if number not in partners and found is not None:
                partners[number] = found
                free.remove(found)
    pairs: list[Pair] = [(partners.get(number), own) for number, own in enumerate(candidate)]
    return [*pairs, *((one, None) for one in free)]


def _same_paths(one: TakenAt, other: TakenAt) -> bool:
    return one.shapes == other.shapes


def _same_shapes(one: TakenAt, other: TakenAt) -> bool:
    return Counter(one.shapes.values()) == Counter(other.shapes.values())


def _anything(one: TakenAt, other: TakenAt) -> bool:
    return True


def _report(name: str, reference: TakenAt | None, candidate: TakenAt | None, options: Options) -> Report:
    from gradcheck.comparison.scripts import report_on_taken

    if reference is None or candidate is None:
        lonely, other = (candidate, "reference") if reference is None else (reference, "candidate")
        assert lonely is not None
        shapes = ", ".join(f"`{path}` {shape}" for path, shape in lonely.shapes.items())
        return could_not_check(
            name,
            f"the {other} takes no gradient for variables like these, or has a partner for each: {shapes}",
        )
    if options.watch is not None:
        options.watch(name, ())
    return report_on_taken(name, reference, candidate, options)


def _names(places: Sequence[TakenAt | None]) -> list[str]:
    """Return names such as ``fast.py:61 (critic)``; those that occur again are numbered."""
    from gradcheck.comparison.scripts import where

    plain = []
    for place in places:
        assert place is not None
        label = _label(place)
        plain.append(where(place.span) + (f" ({label})" if label else ""))
    counts = [plain[: number + 1].count(name) for number, name in enumerate(plain)]
    return [
        f"{name} #{count}" if plain.count(name) > 1 else name
        for name, count in zip(plain, counts, strict=True)
    ]


_OF_A_MODEL = re.compile(r"(?:\w+\.)*(?P<name>\w+)\.(?:trainable_)?(?:variables|weights)")


def _label(place: TakenAt) -> str:
    """Return what tells a place from others: the model that the gradient is for, or else the loss."""
    site = place.caller.site
    if site is None:
        return ""
    made = argument_span(site, "gradient", 1, "sources")
    sources = None if made is None else _OF_A_MODEL.fullmatch(made.text)
    if sources is not None and sources["name"] != "self":
        return sources["name"]
    target = written_argument(site, "gradient", 0, "target")
    return target if target.isidentifier() else ""


def _said(sides: Sequence[Capture]) -> str:
    """Return what was not run as the scripts run it."""
    eager = sorted({_name(called.python) for side in sides for called in side.functions})
    return f"; tf.function was run eagerly for recording: {', '.join(eager)}" if eager else ""


def _name(function: Any) -> str:
    code = getattr(function, "__code__", None)
    if code is None or not is_user_file(code.co_filename):
        return "the training step of Keras"
    return f"`{function.__name__}`"


def _with(report: Report, said: str) -> Report:
    return replace(report, reason=f"{report.reason}{said}") if report.losses else report
