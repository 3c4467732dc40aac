"""From a function that exists to a case for it: its arguments, and the variables that it reads."""

from __future__ import annotations

import inspect
import json
import pathlib
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcheck.errors import CaseError, TargetError, described, said
from gradcheck.source import is_user_file
from gradcheck.targets.inputs import drawn, inputs_from
from gradcheck.targets.loading import NamedFunction, load_function
from gradcheck.targets.written import MODULE, Parts, source_for

Ask = Callable[[str], str]
"""Asks for the dtype and the shape of an argument, such as ``float32[32,4]``."""


def case_of_function(
    target: str,
    file: pathlib.Path,
    *,
    inputs: Sequence[str] = (),
    call: str | None = None,
    ask: Ask | None = None,
) -> str:
    """Return the source of a case, to be written to `file`, for the function that `target` names.

    Parameters
    ----------
    inputs
        Specs of arguments, as ``x=float32[32,4]``, or npz files of them.
    call
        A function of the same module, which is run until it calls the one in question: the arguments are then
        those of this call.
    ask
        Asks for what is missing. Left out, that is an error.

    Raises
    ------
    TargetError
        There is no such function, or an argument of it is not known.
    CaseError
        An argument can be no part of a case, or the function reads no variables that have a name in its module.
    UserCodeError
        The module, the program or the function raised.

    Notes
    -----
    The function is called once. That it reads a variable does not establish that its gradient reaches it.
    """
    from gradcheck.execution.run.first_call import names_of, variables_read

    found = load_function(target)
    known = _of_a_call(found, call) if call else _of_specs(found, inputs, ask)
    parts = _parts(found, known)
    variables = names_of(variables_read(found.function, known), found.module)
    if not variables:
        raise CaseError(f"`{found.name}` reads no trainable variable: there is nothing to differentiate for")
    module, folder = _importable(found)
    return source_for(Parts(found.place, found.name, module, folder, *parts, list(variables)), file)


def _importable(found: NamedFunction) -> tuple[str, pathlib.Path | None]:
    """Return the name that a module is imported by, and the folder that it is found in."""
    path = pathlib.Path(found.module.__file__ or "").resolve()
    if not found.place.endswith(".py"):
        levels = found.place.count(".") + (path.name == "__init__.py")
        return found.place, path.parents[levels] if is_user_file(str(path)) else None
    if not path.stem.isidentifier():
        raise TargetError(f"{found.place} cannot be imported: {path.stem!r} is not a valid module name")
    return path.stem, path.parent


def _of_a_call(found: NamedFunction, call: str) -> dict[str, Any]:
    from gradcheck.execution.run.first_call import arguments_of_first_call

    program = getattr(found.module, call, None)
    if not callable(program):
        raise TargetError(f"{found.place} has no function `{call}` that could call `{found.name}`")
    given, named = arguments_of_first_call(found.module, found.name, program)
    bound = _signature(found).bind(*given, **named)
    odd = [name for name in bound.arguments if _signature(found).parameters[name].kind in _MANY]
    if odd:
        raise CaseError(f"`{found.name}` takes any number of arguments, `{odd[0]}`: a case calls it by name")
    return dict(bound.arguments)


_MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _of_specs(found: NamedFunction, inputs: Sequence[str], ask: Ask | None) -> dict[str, Any]:
    """Return the arguments that are given; models by the names they have in the module; and what is asked for."""
    import numpy as np

    known = inputs_from(inputs, seed=0)
    parameters = _signature(found).parameters
    surplus = [name for name in known if name not in parameters]
    if surplus:
        raise TargetError(
            f"`{found.name}` has no parameter `{surplus[0]}`; it has {_listed(list(parameters))}"
        )
    required = [
        name for name, one in parameters.items() if one.default is one.empty and one.kind not in _MANY
    ]
    known |= {name: thing for name in required if (thing := _of_same_name(found.module, name)) is not None}
    missing = [name for name in required if name not in known]
    if missing and ask is None:
        raise TargetError(
            f"`{found.name}` needs {_listed(missing)}: give the dtype and the shape of each, for example "
            f"--input {missing[0]}=float32[32,4], or a function that calls it with --call NAME"
        )
    random = np.random.default_rng(0)
    if ask is not None:
        known |= {name: drawn(ask(name), random) for name in missing}
    return {name: known[name] for name in parameters if name in known}


def _of_same_name(module: types.ModuleType, name: str) -> Any | None:
    from gradcheck.execution.run.first_call import is_part_of_a_model

    thing = getattr(module, name, None)
    return thing if is_part_of_a_model(thing) else None


def _signature(found: NamedFunction) -> inspect.Signature:
    try:
        return inspect.signature(found.function)
    except (TypeError, ValueError) as error:
        raise TargetError(f"`{found.name}` has no readable parameters: {said(error)}") from error


def _parts(found: NamedFunction, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the data among the arguments, and the source of what is none."""
    from gradcheck.execution.run.first_call import as_data

    batch: dict[str, Any] = {}
    fixed: dict[str, str] = {}
    for name, value in arguments.items():
        data = as_data(value)
        if data is not None:
            batch[name] = data
        else:
            fixed[name] = _source(found, name, value)
    return batch, fixed


def _source(found: NamedFunction, name: str, value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    known = next((key for key, thing in vars(found.module).items() if thing is value), None)
    if known is None:
        raise CaseError(
            f"the argument `{name}` is {described(value)}; expected an array, a number, text, or something that "
            f"has a name in {found.place}"
        )
    return f"{MODULE}.{known}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
