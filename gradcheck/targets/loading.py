"""From a target, such as ``examples/bandit.py:actor``, to the case factories it names."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import importlib.util
import inspect
import pathlib
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from gradcheck.cases import Case, is_case_factory
from gradcheck.errors import (
    CaseError,
    NoCaseError,
    TargetError,
    UserCodeError,
    described,
    unawaited,
    user_code,
)
from gradcheck.targets.conversion import converted, type_name, wanted_type
from gradcheck.targets.folders import exists, is_file, working_folder
from gradcheck.targets.without_cases import trains_and_has_no_case


@dataclass(frozen=True)
class Factory:
    """A function marked with `gradcheck.case`, not yet called.

    Parameters
    ----------
    program
        What a command line named to get it, for `sys.argv`; None where its own process imported it.
    """

    name: str
    function: Callable[..., Any]
    program: str | None = None

    def make(self, *, seed: int, settings: Mapping[str, Any] | None = None) -> Case:
        """Call the factory and return its case.

        Parameters
        ----------
        seed
            Passed on when the factory has a parameter of that name.
        settings
            Values for other parameters; strings, as from a command line, are converted by the
            parameter's annotation, or by its default's type.

        Raises
        ------
        TargetError
            A setting names no parameter, cannot be converted, or a parameter has no value.
        UserCodeError
            The factory raised.
        CaseError
            The factory returned something other than a `Case`.
        """
        arguments = self._arguments(seed, settings or {})
        with user_code(f"the case factory `{self.name}` raised:"), _own_arguments(self.program):
            made = self.function(**arguments)
        if not isinstance(made, Case):
            raise CaseError(
                f"the case factory `{self.name}` returned {described(made)}; expected a gradcheck.Case"
                f"{unawaited(made)}"
            )
        return made.named(self.name)

    def _arguments(self, seed: int, settings: Mapping[str, Any]) -> dict[str, Any]:
        parameters = {
            name: parameter
            for name, parameter in self._signature().parameters.items()
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        }
        arguments = {name: self._converted(parameters, name, value) for name, value in settings.items()}
        if "seed" in parameters:
            arguments.setdefault("seed", seed)
        missing = [
            name
            for name, parameter in parameters.items()
            if name not in arguments and parameter.default is parameter.empty
        ]
        if missing:
            raise TargetError(
                f"the case factory `{self.name}` needs a value for {_listed(missing)}: "
                "give the parameter a default, or pass --set NAME=VALUE"
            )
        return arguments

    def _signature(self) -> inspect.Signature:
        try:
            return inspect.signature(self.function)
        except (TypeError, ValueError) as error:
            raise TargetError(f"the case factory `{self.name}` has no readable signature: {error}") from error

    def _converted(self, parameters: Mapping[str, inspect.Parameter], name: str, value: Any) -> Any:
        if name not in parameters:
            raise TargetError(
                f"the case factory `{self.name}` has no parameter `{name}`{_nearest(name, parameters)}"
            )
        if not isinstance(value, str):
            return value
        wanted = self._type_of(parameters[name])
        try:
            return converted(value, wanted)
        except ValueError as error:
            raise TargetError(
                f"`{name}` of the case factory `{self.name}` cannot be set to {value!r}: "
                f"expected {type_name(wanted)}"
            ) from error
        except TypeError as error:
            raise TargetError(
                f"`{name}` of the case factory `{self.name}` cannot be set with --set: "
                f"there is no conversion from text to {type_name(wanted)}"
            ) from error

    def _type_of(self, parameter: inspect.Parameter) -> Any:
        with user_code(
            f"`{parameter.name}` of the case factory `{self.name}` cannot be set with --set: to read its "
            f"annotation {parameter.annotation!r} raised:"
        ):
            return wanted_type(self.function, parameter)


def load(target: str) -> list[Factory]:
    """Return the case factories that `target` names: the one after the colon, or all, in order.

    Parameters
    ----------
    target
        ``path/to/file.py``, ``path/to/file.py:name``, ``package.module`` or ``package.module:name``.

    Raises
    ------
    TargetError
        There is no such file, module or name, or no case in it.
    UserCodeError
        The file has a syntax error, or raised while it was imported.
    """
    place, name = _split(target)
    if name is None and place.endswith(".py") and trains_and_has_no_case(pathlib.Path(place)):
        raise NoCaseError(f"{_no_case(place)}. It was not run")
    module = _module(place)
    factories = {
        attribute: Factory(attribute, thing, place)
        for attribute, thing in vars(module).items()
        if is_case_factory(thing)
    }
    public = {name: factory for name, factory in factories.items() if not name.startswith("_")}
    if name is not None:
        return [factories[name] if name in factories else _refuse(name, module, place, public)]
    if not public:
        raise NoCaseError(_no_case(place))
    return list(public.values())


def _no_case(place: str) -> str:
    return (
        f"{place} has no case: mark a function that returns a gradcheck.Case with @gradcheck.case. "
        f"From a script that trains, gradcheck run --save-case case.py {place} writes one"
    )


def load_callable(target: str) -> list[Factory] | Any:
    """Return what `target` names: a function or a Keras model, or case factories as from `load`.

    Raises
    ------
    TargetError
        There is no such file, module or name; or no name is given and there is no case.
    UserCodeError
        The file has a syntax error, or raised while it was imported.
    """
    place, name = _split(target)
    if name is None:
        try:
            return load(target)
        except NoCaseError as error:
            raise TargetError(f"{error}; or name a function: {place}:name") from None
    module = _module(place)
    thing: Any = getattr(module, name, None)
    if is_case_factory(thing):
        return [Factory(name, thing, place)]
    if not callable(thing):
        _refuse_to_call(name, module, place)
    return thing


@dataclass(frozen=True)
class NamedFunction:
    """A function of a module, by the place that named it: ``my_module.py``, ``package.module``."""

    place: str
    name: str
    module: types.ModuleType
    function: Callable[..., Any]


def load_function(target: str) -> NamedFunction:
    """Return the function that `target` names, with its module.

    Raises
    ------
    TargetError
        It names none: there is no such file, module or name, or what is there is a case, or cannot be called.
    UserCodeError
        The file has a syntax error, or raised while it was imported.
    """
    place, name = _split(target)
    if name is None:
        raise TargetError(f"{target} names no function; expected FILE.py:name or MODULE:name")
    module = _module(place)
    thing: Any = getattr(module, name, None)
    if is_case_factory(thing):
        raise TargetError(f"`{name}` in {place} is a case already: gradcheck diff {place}:{name}")
    if not callable(thing):
        _refuse_to_call(name, module, place)
    return NamedFunction(place, name, module, thing)


def _refuse_to_call(name: str, module: types.ModuleType, place: str) -> NoReturn:
    if hasattr(module, name):
        what = described(getattr(module, name))
        raise TargetError(f"`{name}` in {place} is {what}; expected a case, a function or a Keras model")
    known = [n for n, thing in vars(module).items() if callable(thing) and not n.startswith("_")]
    raise TargetError(f"{place} has no `{name}`{_nearest(name, known)}")


def _module(place: str) -> types.ModuleType:
    with _own_arguments(place):
        return _load_file(pathlib.Path(place)) if _looks_like_file(place) else _load_module(place)


@contextlib.contextmanager
def _own_arguments(program: str | None) -> Iterator[None]:
    """Let the user's code see the command line of `program` alone: it may parse it, and ours is not its own."""
    kept = sys.argv
    if program is not None:
        sys.argv = [program]
    try:
        yield
    finally:
        sys.argv = kept


def _split(target: str) -> tuple[str, str | None]:
    place, colon, name = target.rpartition(":")
    if not colon or "/" in name or "\\" in name or is_file(pathlib.Path(target)):  # C:\\file.py has a colon
        return target, None
    if not place or not name.isidentifier():
        raise TargetError(
            f"{target!r} is not a target: expected FILE.py, FILE.py:name, MODULE or MODULE:name"
        )
    return place, name


def _looks_like_file(place: str) -> bool:
    if place.endswith(".py") or "/" in place or "\\" in place:
        return True
    path = pathlib.Path(place)
    return exists(path) and not (place.isidentifier() and (path / "__init__.py").exists())


def _load_file(path: pathlib.Path) -> types.ModuleType:
    if not exists(path):
        raise TargetError(f"{path} does not exist (looked in {working_folder()})")
    if path.is_dir():
        raise TargetError(f"{path} is a folder: name a Python file in it")
    if path.suffix != ".py":
        raise TargetError(f"{path} is not a Python file: expected a name that ends in .py")
    # A name of its own keeps a target called `random.py` from replacing Python's module.
    module_name = f"gradcheck_target_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path.resolve())
    assert spec is not None and spec.loader is not None  # the name ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    _prefer_imports_from(path.resolve().parent)
    try:
        with user_code(f"{path} could not be imported:"):
            spec.loader.exec_module(module)
    except BaseException:  # raised again: whatever it is, no half-made module stays behind
        sys.modules.pop(module_name, None)
        raise
    return module


def _load_module(name: str) -> types.ModuleType:
    _prefer_imports_from(working_folder())
    try:
        with user_code(f"the module {name} could not be imported:"):
            return importlib.import_module(name)
    except UserCodeError as error:
        missing = error.error.name if isinstance(error.error, ModuleNotFoundError) else None
        if missing is not None and (name == missing or name.startswith(missing + ".")):
            raise TargetError(
                f"there is no module `{missing}`; for a file, give its path, ending in .py"
            ) from None
        raise


def _prefer_imports_from(folder: pathlib.Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _refuse(name: str, module: types.ModuleType, place: str, known: Mapping[str, Factory]) -> NoReturn:
    if hasattr(module, name):
        raise TargetError(
            f"`{name}` in {place} is not a case: mark a function that returns a gradcheck.Case "
            "with @gradcheck.case"
        )
    there = f"; cases there: {_listed(known)}" if known else "; there is no case in it"
    raise TargetError(f"{place} has no `{name}`{there}")


def _listed(names: typing.Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _nearest(name: str, known: typing.Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f": did you mean `{close[0]}`?"
    return f"; it has {_listed(known)}" if known else "; it has none"
