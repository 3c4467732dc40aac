"""Random small losses as source, with one random slip at a random place, or rewritten by identities."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MATRICES = (
    "tf.tanh({m} @ {w} + {b})",
    "tf.nn.softmax({m}, axis=1) * {m}",
    "{m} - tf.reduce_mean({m}, axis=1, keepdims=True)",
    "tf.sigmoid({m}) * tf.cos({m})",
    "tf.square({m}) + tf.sin({m})",
    "tf.exp(-0.5 * tf.square({m}))",
    "tf.math.log(1.5 + tf.tanh({m}))",
    "tf.cumsum(tf.sin({m}), axis=1)",
    "tf.where({m} > 0.1, {m}, 0.3 * {m})",
    "{m} * tf.stop_gradient(tf.sigmoid({m}))",
    "tf.concat([{m}[:, 1:], tf.sin({m}[:, :1])], axis=1)",
    "tf.maximum(tf.sin({m}), -0.4) + 0.7 * {m}",
    "tf.nn.softplus({m} @ {w})",
)
"""From (n, k) to (n, k)."""

VECTORS = (
    "tf.reduce_sum(tf.square({m}), axis=1)",
    "tf.gather(tf.nn.log_softmax({m}), a, batch_dims=1)",
    "tf.linalg.matvec(tf.sin({m}), {b})",
    "tf.reduce_logsumexp({m}, axis=1)",
    "tf.square(tf.reduce_mean({m}, axis=1) - y)",
    "tf.nn.softplus(tf.reduce_max({m}, axis=1)) * s",
    "tf.reduce_sum({m} * tf.stop_gradient(tf.tanh({m})), axis=1)",
)
"""From (n, k) to (n,)."""

TERMS = (
    "tf.reduce_mean({v} * s)",
    "0.3 * tf.reduce_mean(tf.square({v} - y))",
    "tf.reduce_mean(tf.nn.softplus({v})) / 3.0",
    "tf.reduce_sum({v} * y) / tf.reduce_sum(s)",
    "0.05 * tf.reduce_sum(tf.square({w}))",
)

FUNCTIONS = {
    "tanh": "sigmoid",
    "sigmoid": "tanh",
    "square": "abs",
    "exp": "square",
    "sin": "cos",
    "cos": "sin",
    "softmax": "log_softmax",
    "log_softmax": "softmax",
    "reduce_sum": "reduce_mean",
    "reduce_mean": "reduce_sum",
    "reduce_max": "reduce_min",
    "maximum": "minimum",
    "softplus": "relu",
    "log": "exp",
}
"""What stands for a function where it is the wrong one."""

EXTRA = ("tf.tanh", "tf.square", "tf.abs", "tf.stop_gradient", "tf.nn.relu")
SAME_SHAPE = ({"x", "z"}, {"y", "s"}, {"w0", "w1"}, {"b0", "b1"})

_FILE = """\
import gradcheck
import numpy as np
import tensorflow as tf

draw = np.random.default_rng({seed})
w0, w1 = (tf.Variable(0.6 * draw.normal(size=({k}, {k})).astype("float32"), name=name) for name in ("w0", "w1"))
b0, b1 = (tf.Variable(draw.normal(size={k}).astype("float32"), name=name) for name in ("b0", "b1"))


@gradcheck.case
def program(seed=0, n={n}):
    draw = np.random.default_rng(seed + {seed} + 1)
    batch = {{
        "x": draw.normal(size=(n, {k})).astype("float32"),
        "z": draw.normal(size=(n, {k})).astype("float32"),
        "y": draw.normal(size=n).astype("float32"),
        "s": draw.uniform(0.5, 2.0, size=n).astype("float32"),
        "a": draw.integers({k}, size=n),
    }}
    return gradcheck.Case(reference=right, candidate=wrong, batch=batch, variables=[w0, w1, b0, b1])


def right(x, z, y, s, a):
{right}


def wrong(x, z, y, s, a):
{wrong}
"""


@dataclass(frozen=True)
class Slip:
    """What is wrong in one line."""

    kind: str
    place: int
    before: str
    after: str


@dataclass(frozen=True)
class Program:
    """A loss, a statement a line: as it should be, and as the candidate has it."""

    right: tuple[str, ...]
    wrong: tuple[str, ...]
    seed: int
    n: int
    k: int
    slip: Slip | None = None

    def source(self) -> str:
        """Return both formulations as a file that holds a case."""
        right, wrong = ("\n".join(f"    {line}" for line in lines) for lines in (self.right, self.wrong))
        return _FILE.format(seed=self.seed, n=self.n, k=self.k, right=right, wrong=wrong)

    def faulty_line(self) -> int:
        """Return the number of the line with the slip in the source, from 1."""
        lines = self.source().splitlines()
        assert self.slip is not None
        return (
            next(i for i, line in enumerate(lines, 1) if line.startswith("def wrong")) + 1 + self.slip.place
        )


def with_a_slip(seed: int, *, rewritten: bool = False) -> Program:
    """Return a random program with one random slip; `rewritten`, its reference is written in another way."""
    chance = random.Random(seed)
    lines = _lines(chance)
    places = list(range(len(lines)))
    chance.shuffle(places)
    for place in places:
        slips = list(_slips(lines[place], _names_before(lines, place)))
        if slips:
            kind = chance.choice(sorted({kind for kind, _ in slips}))
            changed = chance.choice([text for one, text in slips if one == kind])
            break
    wrong = (*lines[:place], changed, *lines[place + 1 :])
    right = tuple(_rewritten(line, chance) for line in lines) if rewritten else lines
    n, k = chance.randint(6, 9), chance.randint(3, 5)
    return Program(right, wrong, seed, n, k, Slip(kind, place, lines[place], changed))


def without_a_slip(seed: int) -> Program:
    """Return a random program that its reference writes in another way."""
    chance = random.Random(seed)
    lines = _lines(chance)
    right = tuple(_rewritten(line, chance) for line in lines)
    return Program(right, lines, seed, chance.randint(6, 9), chance.randint(3, 5))


def _lines(chance: random.Random) -> tuple[str, ...]:
    """Return statements of which each reads the one before, or an earlier one, and the last is the loss."""
    lines, matrices, vectors, unread = [], ["x"], [], ["x"]
    for number in range(chance.randint(2, 4)):
        read = matrices[-1] if chance.random() < 0.8 or number < 1 else chance.choice(matrices)
        unread = [one for one in unread if one != read] + [f"h{number}"]
        form = MATRICES[0] if number == 0 else chance.choice(MATRICES)
        lines.append(f"h{number} = {_filled(form, chance, m=read)}")
        matrices.append(f"h{number}")
    for number in range(max(chance.randint(1, 3), len(unread))):
        read = unread[number] if number < len(unread) else chance.choice(matrices[1:])
        lines.append(f"v{number} = {_filled(chance.choice(VECTORS), chance, m=read)}")
        vectors.append(f"v{number}")
    terms = [_filled(chance.choice(TERMS[:4]), chance, v=vector) for vector in vectors]
    terms += [_filled(TERMS[4], chance)] if chance.random() < 0.3 else []
    return (*lines, f"return {' + '.join(terms)}")


def _filled(form: str, chance: random.Random, **names: str) -> str:
    given = {"w": chance.choice(("w0", "w1")), "b": chance.choice(("b0", "b1")), **names}
    return form.format(**given)


def _names_before(lines: tuple[str, ...], place: int) -> set[str]:
    return {line.split(" = ")[0] for line in lines[:place]}


def _slips(line: str, names: set[str]) -> Iterator[tuple[str, str]]:
    """Yield every slip of one place in a statement, with its kind."""
    tree = ast.parse(line.removeprefix("return ") if line.startswith("return") else line)
    where = list(ast.walk(tree))
    for number, node in enumerate(where):
        for kind, change in _changes(node, names):
            changed = copy.deepcopy(tree)
            target = list(ast.walk(changed))[number]
            new = change(target)
            if new is not target:
                changed = _Replacement(target, new).visit(changed)
            text = ast.unparse(ast.fix_missing_locations(changed))
            yield kind, f"return {text}" if line.startswith("return") else text


Change = Callable[[ast.AST], ast.AST]


def _changes(node: ast.AST, names: set[str]) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.BinOp():
            yield from _of_operator(node)
        case ast.keyword(arg="axis"):
            yield "axis", lambda n: ast.keyword("axis", ast.Constant(1 - n.value.value))
        case ast.Constant(value=float(value)):
            yield "constant", lambda _: ast.Constant(2 * value)
            yield "constant", lambda _: ast.Constant(value + 0.1)
        case ast.Call(func=ast.Attribute(attr=name)):
            yield from _of_call(node, name)
        case ast.Name(id=name, ctx=ast.Load()):
            others = next((group for group in SAME_SHAPE if name in group), set()) - {name}
            if name.startswith(("h", "v")):
                others = {one for one in names if one[0] == name[0]} - {name}
            yield from (("variable", _named(other)) for other in sorted(others))


def _of_operator(node: ast.BinOp) -> Iterator[tuple[str, Change]]:
    match node.op:
        case ast.Add():
            yield "sign", lambda n: ast.BinOp(n.left, ast.Sub(), n.right)
            yield "op", lambda n: ast.BinOp(n.left, ast.Mult(), n.right)
            yield "missing", lambda n: n.left
        case ast.Mult():
            yield "op", lambda n: ast.BinOp(n.left, ast.Add(), n.right)
            yield "missing", lambda n: n.left
        case _:
            yield "operand", lambda n: ast.BinOp(n.right, n.op, n.left)
            if isinstance(node.op, ast.Sub):
                yield "sign", lambda n: ast.BinOp(n.left, ast.Add(), n.right)


def _of_call(node: ast.Call, name: str) -> Iterator[tuple[str, Change]]:
    if name in FUNCTIONS:
        yield "op", _renamed
    if len(node.args) == 1 and not node.keywords:
        yield "missing", lambda n: n.args[0]
    yield from (("extra", _wrap(extra)) for extra in EXTRA)
    yield "sign", lambda n: ast.UnaryOp(ast.USub(), n)


def _renamed(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    other = FUNCTIONS[node.func.attr]
    module = {"softmax": "tf.nn", "log_softmax": "tf.nn", "relu": "tf.nn", "log": "tf.math"}.get(other, "tf")
    return ast.Call(ast.parse(f"{module}.{other}", mode="eval").body, node.args, node.keywords)


def _wrap(function: str) -> Change:
    return lambda node: ast.Call(ast.parse(function, mode="eval").body, [copy.deepcopy(node)], [])


def _named(name: str) -> Change:
    return lambda _: ast.Name(name, ast.Load())


class _Replacement(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


IDENTITIES = (
    ("tf.square({0})", "({0}) * ({0})"),
    ("tf.reduce_mean({0}, axis=1)", "tf.reduce_sum({0}, axis=1) / {0}.shape[1]"),
    ("tf.reduce_sum({0}, axis=1)", "tf.stack([tf.reduce_sum(row) for row in ({0})])"),
    ("tf.reduce_mean({0})", "tf.add_n([one for one in ({0})]) / len({0})"),
    ("tf.sigmoid({0})", "1.0 / (1.0 + tf.exp(-({0})))"),
    ("tf.tanh({0})", "-tf.tanh(-({0}))"),
    ("tf.exp({0})", "1.0 / tf.exp(-({0}))"),
    ("tf.nn.softplus({0})", "tf.math.log(1.0 + tf.exp({0}))"),
    ("tf.reduce_logsumexp({0}, axis=1)", "tf.math.log(tf.reduce_sum(tf.exp({0}), axis=1))"),
)
"""Calls, and what is equal to them on paper."""


def _rewritten(line: str, chance: random.Random) -> str:
    """Return a statement with some of its calls written in another way, and some operands in the other order."""
    tree = ast.parse(line.removeprefix("return ") if line.startswith("return") else line)
    text = ast.unparse(_Rewriting(chance).visit(tree))
    return f"return {text}" if line.startswith("return") else text


class _Rewriting(ast.NodeTransformer):
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Add | ast.Mult) and self._chance.random() < 0.5:
            return ast.BinOp(node.right, node.op, node.left)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not node.args or self._chance.random() < 0.5:
            return node
        given = ast.unparse(node.args[0])
        for known, other in IDENTITIES:
            if ast.unparse(node) == ast.unparse(ast.parse(known.format(given), mode="eval")):
                return ast.parse(other.format(given), mode="eval").body
        return node
