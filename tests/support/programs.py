"""Random losses from a small grammar, each with many spellings of the same mathematics.

A `Program` is a loss over a batch: features pass through a few steps, a head makes one number per sample,
and a reduction makes the loss. A `Plan` is one way to write it: which spelling each part uses, and how the
samples are gone through. Two plans of one program are equal on paper; with a `Fault` in one they are not.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

import gradcheck

Batch = dict[str, Any]
Loss = Callable[..., Any]


# Parts ---------------------------------------------------------------------------------------------
#
# Each part is a tuple of spellings. The first is how one would write it; the others are equal to it on paper,
# whatever the values are, also where a derivative jumps (relu at 0). Parts that would overflow are given an
# argument between -1 and 1.

DENSE = (
    lambda h, w, b: h @ w + b,
    lambda h, w, b: b + tf.einsum("nd,dk->nk", h, w),
    lambda h, w, b: tf.reduce_sum(h[:, :, None] * w[None], axis=1) + b,
    lambda h, w, b: tf.transpose(tf.matmul(w, h, transpose_a=True, transpose_b=True)) + b,
    lambda h, w, b: tf.nn.bias_add(tf.tensordot(h, w, 1), b),
    lambda h, w, b: (
        h[:, : w.shape[0] // 2] @ w[: w.shape[0] // 2] + h[:, w.shape[0] // 2 :] @ w[w.shape[0] // 2 :] + b
    ),
    lambda h, w, b: tf.concat([h, tf.ones_like(h[:, :1])], axis=1) @ tf.concat([w, b[None]], axis=0),
    lambda h, w, b: tf.stack([tf.linalg.matvec(h, w[:, j]) + b[j] for j in range(w.shape[1])], axis=1),
    lambda h, w, b: tf.reverse(h, [1]) @ tf.reverse(w, [0]) + b,
)

EMBEDDING = (
    tf.gather,
    tf.nn.embedding_lookup,
    lambda table, index: tf.one_hot(index, table.shape[0], dtype=table.dtype) @ table,
    lambda table, index: tf.stack([table[int(i)] for i in index]),
)

# (n, k) -> (n, k), from the features and the batch
STEPS: dict[str, tuple[Callable[[Any, Batch], Any], ...]] = {
    "tanh": (
        lambda h, b: tf.tanh(h),
        lambda h, b: -tf.tanh(-h),
        lambda h, b: tf.transpose(tf.tanh(tf.transpose(h))),
    ),
    "relu": (
        lambda h, b: tf.nn.relu(h),
        lambda h, b: tf.where(h > 0, h, tf.zeros_like(h)),
        lambda h, b: h * tf.cast(h > 0, h.dtype),
    ),
    "softplus": (
        lambda h, b: tf.nn.softplus(h),
        lambda h, b: -tf.math.log_sigmoid(-h),
        lambda h, b: tf.reduce_logsumexp(tf.stack([h, tf.zeros_like(h)]), axis=0),
    ),
    "softsign": (
        lambda h, b: h / (1 + tf.abs(h)),
        lambda h, b: h * (1 / (1 + tf.abs(h))),
        lambda h, b: tf.nn.softsign(h),
        lambda h, b: tf.math.reciprocal(1 + tf.abs(h)) * h,
    ),
    "exp": (
        lambda h, b: tf.exp(_bounded(h)),
        lambda h, b: tf.exp(_bounded(h) / 2) * tf.exp(_bounded(h) / 2),
        lambda h, b: 1 / tf.exp(-_bounded(h)),
        lambda h, b: tf.exp(_bounded(h) + 1.0) * math.exp(-1.0),
    ),
    "sigmoid": (
        lambda h, b: tf.sigmoid(_bounded(h)),
        lambda h, b: 1 / (1 + tf.exp(-_bounded(h))),
        lambda h, b: 0.5 * (1 + tf.tanh(0.5 * _bounded(h))),
        lambda h, b: tf.exp(tf.math.log_sigmoid(_bounded(h))),
    ),
    "log": (
        lambda h, b: tf.math.log(1.5 + _bounded(h)),
        lambda h, b: 2 * tf.math.log(tf.sqrt(1.5 + _bounded(h))),
        lambda h, b: -tf.math.log(1 / (1.5 + _bounded(h))),
        lambda h, b: tf.math.log(3 + 2 * _bounded(h)) - math.log(2.0),
    ),
    "square": (
        lambda h, b: tf.square(h),
        lambda h, b: h * h,
        lambda h, b: h**2,
        lambda h, b: tf.pow(h, 2.0),
        lambda h, b: (h + 1) * (h + 1) - 2 * h - 1,
    ),
    "third": (
        lambda h, b: h / 3,
        lambda h, b: h * (1 / 3),
        lambda h, b: h - h * tf.constant(2 / 3, h.dtype),
    ),
    "affine": (
        lambda h, b: 0.3 * (h + 1),
        lambda h, b: 0.3 * h + 0.3,
        lambda h, b: (3 * h + 3) / 10,
    ),
    "scaled": (
        lambda h, b: h * b["s"][:, None],
        lambda h, b: tf.transpose(tf.transpose(h) * b["s"]),
        lambda h, b: tf.einsum("nk,n->nk", h, b["s"]),
        lambda h, b: h * tf.reshape(b["s"], (-1, 1)),
    ),
    "shifted": (
        lambda h, b: (h - b["y"][:, None]) * b["s"][:, None],
        lambda h, b: h * b["s"][:, None] - (b["y"] * b["s"])[:, None],
        lambda h, b: -(b["y"][:, None] - h) * b["s"][:, None],
    ),
    "masked": (
        lambda h, b: tf.where(b["m"][:, None], h, tf.zeros_like(h)),
        lambda h, b: h * tf.cast(b["m"], h.dtype)[:, None],
        lambda h, b: h - tf.where(b["m"][:, None], tf.zeros_like(h), h),
    ),
    "softmax": (
        lambda h, b: tf.nn.softmax(h),
        lambda h, b: tf.exp(tf.nn.log_softmax(h)),
        lambda h, b: tf.nn.softmax(h - tf.reduce_max(h, axis=1, keepdims=True)),
        lambda h, b: tf.nn.softmax(h + 0.5),
        lambda h, b: tf.transpose(tf.nn.softmax(tf.transpose(h), axis=0)),
    ),
    "normed": (
        lambda h, b: h / (1 + tf.reduce_sum(tf.square(h), axis=1, keepdims=True)),
        lambda h, b: h * (1 / (1 + tf.reduce_sum(tf.square(h), axis=1, keepdims=True))),
        lambda h, b: tf.einsum("nk,n->nk", h, 1 / (1 + tf.einsum("nk,nk->n", h, h))),
    ),
    "centred": (
        lambda h, b: h - tf.reduce_mean(h, axis=1, keepdims=True),
        lambda h, b: h - tf.reduce_sum(h, axis=1, keepdims=True) / h.shape[1],
        lambda h, b: h @ (tf.eye(h.shape[1], dtype=h.dtype) - 1 / h.shape[1]),
    ),
}

# (n, k) -> (n,)
HEADS: dict[str, tuple[Callable[[Any, Batch], Any], ...]] = {
    "sum": (
        lambda h, b: tf.reduce_sum(h, axis=1),
        lambda h, b: tf.add_n(tf.unstack(h, axis=1)),
        lambda h, b: (
            tf.squeeze(h @ tf.ones_like(h[:1]), axis=1) if h.shape[1] == 1 else tf.einsum("nk->n", h)
        ),
        lambda h, b: tf.reduce_sum(tf.reverse(h, [1]), axis=1),
        lambda h, b: tf.cumsum(h, axis=1)[:, -1],
    ),
    "squared_error": (
        lambda h, b: tf.reduce_mean(tf.square(h - b["y"][:, None]), axis=1),
        lambda h, b: tf.reduce_mean(tf.math.squared_difference(b["y"][:, None], h), axis=1),
        lambda h, b: tf.reduce_mean(tf.square(h) - 2 * b["y"][:, None] * h, axis=1) + tf.square(b["y"]),
        lambda h, b: tf.reduce_sum(tf.square(tf.transpose(h) - b["y"]), axis=0) * (1 / h.shape[1]),
    ),
    "logsumexp": (
        lambda h, b: tf.reduce_logsumexp(h, axis=1),
        lambda h, b: tf.reduce_logsumexp(h - 0.7, axis=1) + 0.7,
        lambda h, b: -tf.nn.log_softmax(h)[:, 0] + h[:, 0],
        lambda h, b: _logsumexp_by_hand(h),
    ),
    "cross_entropy": (
        lambda h, b: tf.nn.sparse_softmax_cross_entropy_with_logits(b["a"] % h.shape[1], h),
        lambda h, b: tf.reduce_logsumexp(h, axis=1) - tf.gather(h, b["a"] % h.shape[1], batch_dims=1),
        lambda h, b: -tf.reduce_sum(_chosen(h, b) * tf.nn.log_softmax(h), axis=1),
        lambda h, b: tf.nn.softmax_cross_entropy_with_logits(_chosen(h, b), h),
    ),
    "chosen": (
        lambda h, b: tf.gather(h, b["a"] % h.shape[1], batch_dims=1),
        lambda h, b: tf.reduce_sum(_chosen(h, b) * h, axis=1),
        lambda h, b: tf.gather_nd(
            h, tf.stack([tf.range(len(h)), tf.cast(b["a"], "int32") % h.shape[1]], axis=1)
        ),
        lambda h, b: tf.boolean_mask(h, _chosen(h, b) > 0),
        lambda h, b: tf.reduce_sum(tf.where(_chosen(h, b) > 0, h, tf.zeros_like(h)), axis=1),
    ),
    "weighted": (
        lambda h, b: b["s"] * tf.reduce_mean(h, axis=1),
        lambda h, b: tf.reduce_mean(b["s"][:, None] * h, axis=1),
        lambda h, b: tf.reduce_sum(h, axis=1) * (b["s"] / h.shape[1]),
    ),
}

# (n,) -> (), from the number of samples
REDUCTIONS: dict[str, tuple[Callable[[Any], Any], ...]] = {
    "sum": (
        tf.reduce_sum,
        lambda v: tf.cumsum(v)[-1],
        lambda v: tf.tensordot(tf.ones_like(v), v, 1),
        lambda v: tf.reduce_sum(tf.reverse(v, [0])),
        lambda v: tf.add_n(tf.unstack(v)),
    ),
    "mean": (
        tf.reduce_mean,
        lambda v: tf.reduce_sum(v) / len(v),
        lambda v: tf.reduce_sum(v) * (1 / len(v)),
        lambda v: tf.reduce_sum(v / len(v)),
        lambda v: tf.reduce_sum(v) * tf.constant(np.float32(1 / len(v)), v.dtype),
    ),
}


def _bounded(h: Any) -> Any:
    return h / (1 + tf.abs(h))


def _chosen(h: Any, b: Batch) -> Any:
    return tf.one_hot(b["a"] % h.shape[1], h.shape[1], dtype=h.dtype)


def _logsumexp_by_hand(h: Any) -> Any:
    largest = tf.stop_gradient(tf.reduce_max(h, axis=1, keepdims=True))
    return tf.math.log(tf.reduce_sum(tf.exp(h - largest), axis=1)) + tf.squeeze(largest, axis=1)


# How the samples are gone through: from the loss of each sample of a batch to those of all ---------


def _each(v: Callable[[Batch], Any], b: Batch) -> list[Any]:
    return [v(_rows(b, slice(i, i + 1)))[0] for i in range(len(b["x"]))]


def _map_fn(v: Callable[[Batch], Any], b: Batch) -> Any:
    return tf.map_fn(
        lambda row: v({name: part[None] for name, part in row.items()})[0],
        b,
        fn_output_signature=b["x"].dtype,
    )


def _halves(v: Callable[[Batch], Any], b: Batch) -> Any:
    middle = (len(b["x"]) + 1) // 2
    parts = [_rows(b, slice(0, middle)), _rows(b, slice(middle, None))]
    return tf.concat([v(part) for part in parts if len(part["x"])], axis=0)


TRAVERSALS: dict[str, Callable[[Callable[[Batch], Any], Batch], Any]] = {
    "whole": lambda v, b: v(b),
    "loop": lambda v, b: tf.stack(_each(v, b)),
    "map_fn": _map_fn,
    "halves": _halves,
    "backwards": lambda v, b: v({name: tf.reverse(part, [0]) for name, part in b.items()}),
    "twice": lambda v, b: v({name: tf.concat([part, part], axis=0) for name, part in b.items()})[
        : len(b["x"])
    ],
}


def _rows(b: Batch, which: slice) -> Batch:
    return {name: part[which] for name, part in b.items()}


# Programs ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Program:
    """A loss as mathematics. A step that is a number is a dense layer to so many features."""

    n: int = 4
    width: int = 3
    embedded: bool = False
    steps: tuple[int | str, ...] = (2,)
    head: str = "sum"
    reduction: str = "mean"
    dtype: str = "float32"
    weight: float = 1.0
    seed: int = 0

    def batch(self) -> dict[str, np.ndarray]:
        draw = np.random.default_rng(self.seed)
        return {
            "x": draw.normal(size=(self.n, self.width)).astype(self.dtype),
            "y": draw.normal(size=self.n).astype(self.dtype),
            "s": draw.uniform(0.5, 2.0, size=self.n).astype(self.dtype),
            "a": draw.integers(0, 4, size=self.n),
            "t": draw.integers(0, 3, size=self.n),
            "m": draw.random(self.n) < 0.7,
        }

    def weights(self) -> dict[str, np.ndarray]:
        draw = np.random.default_rng(self.seed + 1)
        shapes: dict[str, tuple[int, ...]] = {"table": (3, self.width)} if self.embedded else {}
        width = self.width
        for place, step in enumerate(self.steps):
            if isinstance(step, int):
                shapes |= {f"w{place}": (width, step), f"b{place}": (step,)}
                width = step
        return {
            name: (self.weight * draw.normal(size=shape)).astype(self.dtype) for name, shape in shapes.items()
        }


@dataclass(frozen=True)
class Plan:
    """One way to write a program. A choice picks a spelling of a part, modulo how many there are."""

    choices: tuple[int, ...] = ()
    traversal: str = "whole"

    def pick(self, place: int, spellings: Sequence[Any]) -> Any:
        choice = self.choices[place] if place < len(self.choices) else 0
        return spellings[choice % len(spellings)]


PLAIN, LOOP = Plan(), Plan(traversal="loop")


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong in one formulation."""

    kind: str = "scale"
    place: int = 0

    def batch(self, b: Batch) -> Batch:
        """Return `b` with the fault, if it lies in the data."""
        n = len(b["x"])
        if self.kind == "element":
            there = [[self.place % n, self.place % b["x"].shape[1]]]
            return b | {"x": tf.tensor_scatter_nd_add(b["x"], there, tf.constant([0.5], b["x"].dtype))}
        if self.kind == "target":
            return b | {
                "y": tf.tensor_scatter_nd_add(b["y"], [[self.place % n]], tf.constant([0.5], b["y"].dtype))
            }
        if self.kind == "index":
            return b | {"a": b["a"] + 1, "t": (b["t"] + 1) % 3}
        if self.kind == "rolled":
            return b | {name: tf.roll(b[name], 1, axis=0) for name in ("y", "s", "a")}
        if self.kind == "dropped":
            return _rows(b, slice(0, n - 1))
        return b

    def features(self, h: Any, place: int, last: int) -> Any:
        """Return the features after step `place` with the fault, if it lies there."""
        if self.kind == "sign" and place == self.place % (last + 1):
            return -h
        return h

    def loss(self, loss: Any) -> Any:
        return loss * (1 + 1e-3) if self.kind == "scale" else loss


FAULTS = ("scale", "element", "target", "index", "rolled", "dropped", "sign")


def formulation(program: Program, plan: Plan, variables: dict[str, Any], fault: Fault | None = None) -> Loss:
    """Return `program` as `plan` writes it."""
    spellings = [DENSE if isinstance(step, int) else STEPS[step] for step in program.steps]
    steps = [plan.pick(place, options) for place, options in enumerate(spellings)]
    embed = plan.pick(len(steps), EMBEDDING)
    head = plan.pick(len(steps) + 1, HEADS[program.head])
    reduction = plan.pick(len(steps) + 2, REDUCTIONS[program.reduction])

    def per_sample(b: Batch) -> Any:
        h = b["x"]
        if program.embedded:
            h = h + embed(variables["table"], b["t"])
        for place, (name, step) in enumerate(zip(program.steps, steps, strict=True)):
            h = (
                step(h, variables[f"w{place}"], variables[f"b{place}"])
                if isinstance(name, int)
                else step(h, b)
            )
            if fault is not None:
                h = fault.features(h, place, len(steps) - 1)
        return head(h, b)

    def loss(**b: Any) -> Any:
        if fault is not None:
            b = fault.batch(b)
        total = reduction(TRAVERSALS[plan.traversal](per_sample, b))
        return total if fault is None else fault.loss(total)

    return loss


def case(program: Program, reference: Plan, candidate: Plan, fault: Fault | None = None) -> gradcheck.Case:
    """Return a program written in two ways, the candidate with `fault`."""
    variables = {name: tf.Variable(value, name=name) for name, value in program.weights().items()}
    return gradcheck.Case(
        reference=formulation(program, reference, variables),
        candidate=formulation(program, candidate, variables, fault),
        batch=program.batch(),
        variables=variables,
    )


@functools.lru_cache(maxsize=64)
def gradients(
    program: Program, plan: Plan, fault: Fault | None = None, dtype: str | None = None
) -> list[np.ndarray]:
    """Return the gradients by nothing but `tf.GradientTape`, computed in `dtype`, None counting as zero."""
    dtype = dtype or program.dtype
    variables = {name: tf.Variable(value.astype(dtype)) for name, value in program.weights().items()}
    batch = {
        name: tf.constant(value.astype(dtype) if value.dtype.kind == "f" else value)
        for name, value in program.batch().items()
    }
    with tf.GradientTape() as tape:
        loss = formulation(program, plan, variables, fault)(**batch)
    found = tape.gradient(loss, list(variables.values()), unconnected_gradients="zero")
    return [tf.convert_to_tensor(gradient).numpy().astype(np.float64) for gradient in found]


# Strategies ----------------------------------------------------------------------------------------

SIZES = st.integers(1, 4)


@st.composite
def programs(draw: Any, *, samples: Any = SIZES, gentle: bool = False) -> Program:
    """Draw a program; a gentle one has ordinary weights."""
    program = Program(
        n=draw(samples),
        width=draw(SIZES),
        embedded=draw(st.booleans()),
        steps=tuple(draw(st.lists(st.one_of(SIZES, st.sampled_from(list(STEPS))), max_size=3))),
        head=draw(st.sampled_from(list(HEADS))),
        reduction=draw(st.sampled_from(list(REDUCTIONS))),
        dtype=draw(st.sampled_from(["float32", "float64"])),
        weight=1.0 if gentle else draw(st.sampled_from([1.0, 0.0, 1e-4, 1e3])),
        seed=draw(st.integers(0, 1000)),
    )
    if not program.weights():
        program = replace(program, steps=(draw(SIZES), *program.steps))
    return replace(program, head="squared_error") if _sum_is_constant(program) else program


def _sum_is_constant(program: Program) -> bool:
    """Return whether the head adds up features whose sum does not depend on the weights.

    Then every gradient is zero on paper and consists of nothing but rounding in float64 too; those have
    tests of their own.
    """
    constant = False
    for step in program.steps:
        if step in ("softmax", "centred"):
            constant = True
        elif isinstance(step, int) or step in ("relu", "exp", "log", "square", "softplus"):
            constant = False
    return constant and program.head in ("sum", "weighted")


PLANS = st.builds(
    Plan,
    choices=st.lists(st.integers(0, 59), min_size=6, max_size=6).map(tuple),
    traversal=st.sampled_from(list(TRAVERSALS)),
)


# Planted broadcasts: a loss of a column (n, 1) and a row (n,) ---------------------------------------


def _outer_product(column: Any, row: Any) -> Any:
    return tf.reduce_mean(column * row)


def _outer_multiply(column: Any, row: Any) -> Any:
    return tf.reduce_sum(tf.multiply(row, column))


def _outer_square(column: Any, row: Any) -> Any:
    return tf.reduce_mean(tf.square(column - row))


def _outer_squared_difference(column: Any, row: Any) -> Any:
    return tf.reduce_mean(tf.math.squared_difference(row, column))


def _outer_ratio(column: Any, row: Any) -> Any:
    return tf.reduce_mean(row / (2 + tf.abs(column)))


def _outer_augmented(column: Any, row: Any) -> Any:
    column += row
    return tf.reduce_mean(tf.exp(column / 8))


BROADCASTS: dict[str, Callable[[Any, Any], Any]] = {
    "column * row": _outer_product,
    "tf.multiply(row, column)": _outer_multiply,
    "column - row": _outer_square,
    "tf.math.squared_difference(row, column)": _outer_squared_difference,
    "row / (2 + tf.abs(column))": _outer_ratio,
    "column += row": _outer_augmented,
}
"""By the text of the expression in which both operands are broadcast. None of them is linear in both operands."""
