"""The statements behind a place: those that may have been altered, back to what is right."""

from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import CodeType

import numpy as np

from gradcheck.explanation.align import Alignment
from gradcheck.explanation.group import Group, Key
from gradcheck.explanation.substitutes import computed_again
from gradcheck.program.ops import BY_PLACE, HAND_ON
from gradcheck.program.recording import Op, Recording
from gradcheck.source import Site, function_at, is_user_file, node_of, parents

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Statement:
    """A statement, or a lambda, and the function of the candidate's own that it is in."""

    node: ast.stmt | ast.Lambda
    function: Function
    code: CodeType


class Behind:
    """The candidate's own functions, as statements that read what others bind.

    Parameters
    ----------
    alignment
        What of the candidate the reference has: behind what is right, nothing is wrong.
    """

    def __init__(self, alignment: Alignment) -> None:
        self._alignment = alignment
        self.functions = own_functions(alignment.candidate.recording, alignment.reference.recording)
        self._ops = self._by_statement(lambda op: (op.site, *op.callers))
        self._own_ops = self._by_statement(lambda op: (op.site,))
        self._calls = _calls(alignment.candidate.recording)

    def statements(self, sites: Iterable[Site | None]) -> list[Statement]:
        """Return the statements at some places and behind them, in their order."""
        found: dict[ast.AST, Statement] = {}
        pending = self.at(sites)
        pending += [after for one in pending for after in self._after(one)]
        while pending:
            one = pending.pop()
            if one.node in found:
                continue
            found[one.node] = one
            pending += [before for before in self._before(one) if not self.is_right(before)]
        return sorted(found.values(), key=lambda one: one.node.lineno)

    def at(self, sites: Iterable[Site | None]) -> list[Statement]:
        """Return the statements at some places."""
        return [one for site in sites if (one := self._statement(site)) is not None]

    def _after(self, statement: Statement) -> Iterator[Statement]:
        """Yield the statements of the same function that read what one binds."""
        bound = _bound(statement.node)
        if isinstance(statement.function, ast.Lambda):
            return
        for node in _statements(statement.function):
            if _read(node) & bound:
                yield Statement(node, statement.function, statement.code)

    def _statement(self, site: Site | None) -> Statement | None:
        node: ast.AST | None = None if site is None else node_of(site)
        if site is None or node is None:
            return None
        return self._around(node, site.code.co_filename)

    def _around(self, node: ast.AST, filename: str) -> Statement | None:
        statement: ast.stmt | ast.Lambda | None = None
        one: ast.AST | None = node
        while one is not None:
            within = statement is not None
            if statement is None and (isinstance(one, ast.stmt) or one in self.functions):
                assert isinstance(one, ast.stmt | ast.Lambda)
                statement = one
            own = isinstance(one, ast.Lambda) or (within and isinstance(one, Function))
            if own and isinstance(one, Function) and one in self.functions and statement is not None:
                return Statement(statement, one, self.functions[one])
            one = parents(filename).get(one)
        return None

    def _by_statement(self, sites: Callable[[Op], Iterable[Site | None]]) -> dict[ast.AST, list[Op]]:
        """Return the ops of each statement: those of which some site is in it."""
        found: dict[ast.AST, list[Op]] = {}
        recording, at = self._alignment.candidate.recording, functools.cache(self._statement)
        for op in recording.ops:
            if op.index in recording.contributing:
                for node in {one.node for site in sites(op) if (one := at(site)) is not None}:
                    found.setdefault(node, []).append(op)
        return found

    def is_right(self, statement: Statement) -> bool:
        """Return whether the reference has all that others read of what a statement computes.

        Not what is computed for a second time: something else may have been meant. Nor what is computed in several
        rounds of a loop of which not all are read: what an earlier one gave may have been meant, too. Nor what is
        taken of more if the reference has it in one round among several: the others may be missing.
        """
        if statement.node in self._forgotten:
            return False
        known = self._alignment.candidate.of
        made = [known.get(number) for number in self._read_elsewhere(statement)]
        return bool(made) and all(
            group is not None and self._has(group) and group.key not in self._again for group in made
        )

    def _read_elsewhere(self, statement: Statement) -> list[int]:
        """Return what a statement and what it calls computes that an op outside reads, or that is the loss."""
        recording, own = self._alignment.candidate.recording, self._ops.get(statement.node, ())
        within = {op.index for op in own}
        return [
            number
            for op in own
            for number in op.outputs
            if number == recording.loss
            or any(
                one.index in recording.contributing and one.index not in within
                for one in recording.consumers.get(number, ())
            )
        ]

    @functools.cached_property
    def _forgotten(self) -> frozenset[ast.AST]:
        """The statements that compute something of the variables that the loss depends on in some runs alone."""
        recording = self._alignment.candidate.recording
        counts: dict[Site, set[bool]] = {}
        for op in recording.ops:
            for site in (op.site, *op.callers):
                if site is not None and not recording.trainable.isdisjoint(op.outputs):
                    counts.setdefault(site, set()).add(op.index in recording.contributing)
        return frozenset(one.node for one in self.at(site for site, both in counts.items() if len(both) > 1))

    @functools.cached_property
    def _again(self) -> frozenset[Key]:
        """What the candidate computes twice by expressions of its own, or for a second time by other ops.

        Or takes of something to compare it with the same.
        """
        twins: dict[Key, list[Key]] = {}
        for group in self._alignment.candidate.whole:
            plain = self._alignment.plain(group) if group.op.type not in HAND_ON else []
            if plain:
                twins.setdefault(plain[0].key, []).append(group.key)
        again = (key for found in twins.values() if len(found) > 1 for key in found)
        computed = (group.key for group in computed_again(self._alignment))
        return frozenset(again).union(computed, self._beside_themselves)

    @property
    def _beside_themselves(self) -> Iterator[Key]:
        """Yield the operands of ops that are given the same numbers twice."""
        known, here = self._alignment.candidate.of, self._alignment.candidate.here
        for op in self._alignment.candidate.recording.ops:
            for one, other in itertools.combinations(here.keys() & set(op.inputs), 2):
                if here[one].size > 1 and np.array_equal(here[one], here[other]):
                    yield from (known[number].key for number in (one, other) if number in known)

    def running_none(self) -> Iterator[Statement]:
        """Yield the statements of the functions that run no op of the loss: those that give gradients by hand."""
        for function, code in self.functions.items():
            if not any(node in self._own_ops for node in ast.walk(function)):
                nodes = [function] if isinstance(function, ast.Lambda) else _statements(function)
                yield from (Statement(node, function, code) for node in nodes)

    def is_first(self, statement: Statement) -> bool:
        """Return whether a statement computes what the reference has not, of nothing but what it has."""
        before = [one for one in self._before(statement) if self._ops.get(one.node)]
        return bool(self._ops.get(statement.node)) and all(map(self.is_right, before))

    def is_turned(self, statement: Statement) -> bool:
        """Return whether the reference has something that a statement computes with the other sign, too."""
        known = self._alignment.candidate.of
        made = [known.get(number) for op in self._own_ops.get(statement.node, ()) for number in op.outputs]
        factors = [
            {match.factor for match in self._alignment.matches(group) if not match.total}
            for group in made
            if group is not None
        ]
        return any(-1.0 in one for one in factors)

    def _has(self, group: Group) -> bool:
        """Return whether the reference has a quantity; one that is taken of another is no part of a larger one."""
        found = [
            match.group.key
            for match in self._alignment.matches(group)
            if match.factor == 1 and match.in_order and match.group.value.shape == group.value.shape
        ]
        if group.op.type in BY_PLACE and len(group.ops) == 1:
            return any(key.nth is None and key.lane == (1, 0) for key in found)
        return bool(found)

    def _before(self, statement: Statement) -> Iterator[Statement]:
        """Yield the statements that bind what one reads, and those that it runs under."""
        filename = statement.code.co_filename
        above = parents(filename).get(statement.node)
        if isinstance(above, ast.stmt) and above is not statement.function:
            around = self._around(above, filename)
            if around is not None:
                yield around
        yield from self._called(statement)
        yield from self._calling(statement)
        names = _read(statement.node)
        yield from self._binding_attributes(statement, names)
        function: ast.AST | None = statement.function
        while function is not None:
            if function in self.functions and not isinstance(function, ast.Lambda):
                for node in _statements(function):
                    if names & _bound(node):
                        yield Statement(node, function, self.functions[function])
            function = parents(filename).get(function)

    def _binding_attributes(self, statement: Statement, names: set[str]) -> Iterator[Statement]:
        """Yield the statements of methods that bind what one reads of `self`, or of another object by its name."""
        kept = {name for name in names if name.startswith("self.")}
        of_others = {f"self.{name.rpartition('.')[2]}" for name in names - kept if "." in name}
        above = parents(statement.code.co_filename)
        own = above.get(statement.function)
        for function, code in self.functions.items() if kept or of_others else ():
            attributes = kept | of_others if above.get(function) is own else of_others
            if function is not statement.function:
                yield from (
                    Statement(node, function, code)
                    for node in _statements(function)
                    if attributes & _bound(node)
                )

    def _calling(self, statement: Statement) -> Iterator[Statement]:
        """Yield the statements that call the function of one which reads what it is given."""
        arguments = ast.walk(statement.function.args)
        given = {one.arg for one in arguments if isinstance(one, ast.arg)}
        if given & _read(statement.node):
            yield from self.at(self._calls.get(statement.code, ()))

    def _called(self, statement: Statement) -> Iterator[Statement]:
        """Yield what the functions return that a statement calls or hands on, by their names or their class's."""
        nodes = list(_own_nodes(statement.node))
        methods = [node.func for node in nodes if isinstance(node, ast.Call)]
        names = {one.attr for one in methods if isinstance(one, ast.Attribute)}
        names |= {one.id for one in nodes if isinstance(one, ast.Name) and _is_read(one)}
        for function, code in self.functions.items():
            if not names.isdisjoint(_called_by(function, code)):
                for node in _statements(function):
                    if isinstance(node, ast.Return):
                        yield Statement(node, function, code)


def own_functions(candidate: Recording, reference: Recording) -> dict[Function, CodeType]:
    """Return the functions that only the candidate runs, and those defined in them, with their code.

    What is defined in them may run no op, and compute with Python's numbers or NumPy.
    """
    shared = set(reference.codes)
    codes = [code for code in candidate.codes if code not in shared]
    found: dict[Function, CodeType] = {}
    for code in dict.fromkeys(inner for outer in codes for inner in _with_inner(outer)):
        definition = function_at(code) if is_user_file(code.co_filename) else None
        if definition is not None:
            found[definition] = code
    return found


def _calls(recording: Recording) -> dict[CodeType, list[Site]]:
    """Return the places where functions are called, by their code, on the way to ops that the loss depends on."""
    found: dict[CodeType, dict[Site, None]] = {}
    for op in recording.ops:
        if op.index in recording.contributing:
            for inner, outer in itertools.pairwise((op.site, *op.callers)):
                if inner is not None and outer is not None:
                    found.setdefault(inner.code, {})[outer] = None
    return {code: list(sites) for code, sites in found.items()}


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    """Yield some code, and that of what is defined in it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _with_inner(one)


def _called_by(function: Function, code: CodeType) -> list[str]:
    """Return the names by which a function may be called: that of its class, if what that makes is called."""
    if isinstance(function, ast.Lambda):
        return []
    match function.name, parents(code.co_filename).get(function):
        case "__call__" | "call", ast.ClassDef(name=name):
            return [function.name, name]
    return [function.name]


def _own_nodes(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement without the statements in it."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt):
            yield child
            yield from _own_nodes(child)


def _is_read(name: ast.Name | ast.Attribute) -> bool:
    return isinstance(name.ctx, ast.Load)


def _read(statement: ast.AST) -> set[str]:
    """Return the names that a statement reads, and what it reads of `self`."""
    nodes = [
        one for one in _own_nodes(statement) if isinstance(one, ast.Name | ast.Attribute) and _is_read(one)
    ]
    read = {one.id if isinstance(one, ast.Name) else ast.unparse(one) for one in nodes}
    match statement:
        case ast.AugAssign(target=ast.Name() | ast.Attribute() as target):
            read.add(ast.unparse(target))
    return read


def _statements(function: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(function):
        if isinstance(child, ast.stmt):
            yield child
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _statements(child)


def _bound(statement: ast.AST) -> set[str]:
    """Return the names to which a statement gives a value, or part of one, or was to give what it computes."""
    found: set[str] = set()
    for node in _own_nodes(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
                found.add(ast.unparse(node))
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                found.add(name)
    match statement:
        case ast.Expr(value=ast.Call(func=function, args=given)):
            changed = [*([function.value] if isinstance(function, ast.Attribute) else []), *given]
            found.update(one.id for one in changed if isinstance(one, ast.Name))
        case ast.AugAssign(target=ast.Name(id=name)):
            found.add(name)
    return found
