"""Random small losses as source, and faults that are planted in one of their lines.

Each line has a right form, other spellings that are equal to it on paper, and wrong forms by the cause of
what is wrong with them. Between any two lines lies something nonlinear, so that a fault in one cannot be undone
by a factor or a sign in another.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st


@dataclass(frozen=True)
class Line:
    """One line of a loss. ``{h}`` is what it reads, ``{o}`` what it gives, ``{i}`` its number."""

    right: str
    spellings: tuple[str, ...] = ()
    wrong: dict[str, tuple[str, ...]] = field(default_factory=dict)


STEPS = {
    "dense": Line(
        "{o} = tf.tanh({h} @ w{i} + b{i})",
        ("{o} = -tf.tanh(-({h} @ w{i} + b{i}))", "{o} = tf.tanh(tf.nn.bias_add(tf.matmul({h}, w{i}), b{i}))"),
        {
            "sign": (
                "{o} = tf.tanh({h} @ w{i} - b{i})",
                "{o} = tf.tanh(b{i} - {h} @ w{i})",
                "{o} = tf.stack([tf.tanh(tf.linalg.matvec(w{i}, row, True) - b{i}) for row in {h}])",
            ),
            "disconnected": ("{o} = tf.constant(tf.tanh({h} @ w{i} + b{i}).numpy())",),
            "stop_gradient": ("{o} = tf.stop_gradient(tf.tanh({h} @ w{i} + b{i}))",),
        },
    ),
    "centred": Line(
        "{o} = tf.tanh({h} - tf.reduce_mean({h}, axis=1, keepdims=True))",
        ("{o} = tf.tanh({h} - tf.reduce_sum({h}, axis=1, keepdims=True) / {h}.shape[1])",),
        {
            "axis": (
                "{o} = tf.tanh({h} - tf.reduce_mean({h}, axis=0, keepdims=True))",
                "{o} = tf.tanh({h} - tf.reduce_mean({h}, axis=[0, 1], keepdims=True))",
            ),
            "reduction": ("{o} = tf.tanh({h} - tf.reduce_sum({h}, axis=1, keepdims=True))",),
            "sign": ("{o} = tf.tanh({h} + tf.reduce_mean({h}, axis=1, keepdims=True))",),
        },
    ),
    "softmax": Line(
        "{o} = 2.0 * tf.nn.softmax({h}) - {h}",
        ("{o} = 2.0 * tf.exp(tf.nn.log_softmax({h})) - {h}",),
        {
            "axis": ("{o} = 2.0 * tf.nn.softmax({h}, axis=0) - {h}",),
            "numerics": ("{o} = 2.0 * tf.nn.softmax(tf.nn.softmax({h})) - {h}",),
            "sign": ("{o} = 2.0 * tf.nn.softmax({h}) + {h}", "{o} = 2.0 * tf.nn.softmax(-{h}) - {h}"),
        },
    ),
    "gate": Line(
        "{o} = {h} * tf.stop_gradient(tf.sigmoid(3.0 * {h}))",
        ("{o} = tf.stop_gradient(1.0 / (1.0 + tf.exp(-3.0 * {h}))) * {h}",),
        {
            "stop_gradient": (
                "{o} = {h} * tf.sigmoid(3.0 * {h})",
                "{o} = tf.stop_gradient({h}) * tf.sigmoid(3.0 * {h})",
            )
        },
    ),
    "squared": Line(
        "{o} = tf.square({h}) + tf.sin({h})",
        ("{o} = {h} * {h} + tf.sin({h})",),
        {
            "stop_gradient": ("{o} = tf.square({h}) + tf.stop_gradient(tf.sin({h}))",),
            "dead": ("{o} = tf.square(tf.nn.relu({h})) + tf.sin({h})",),
            "sign": ("{o} = tf.square({h}) - tf.sin({h})",),
        },
    ),
    "clipped": Line(
        "{o} = tf.tanh({h}) + tf.clip_by_value({h}, -0.2, 0.3)",
        ("{o} = tf.maximum(tf.minimum({h}, 0.3), -0.2) + tf.tanh({h})",),
        {
            "dead": ("{o} = tf.tanh({h}) + tf.clip_by_value({h}, 0.3, -0.2)",),
            "sign": ("{o} = tf.tanh({h}) - tf.clip_by_value({h}, -0.2, 0.3)",),
        },
    ),
    "bump": Line(
        "{o} = tf.exp(-0.5 * tf.square({h})) - {h}",
        ("{o} = 1.0 / tf.exp(0.5 * {h} ** 2) - {h}",),
        {
            "other": (
                "{o} = tf.exp(-1.0 * tf.square({h})) - {h}",
                "{o} = tf.exp(-0.3 * tf.square({h})) - {h}",
            ),
            "sign": ("{o} = tf.exp(0.5 * tf.square({h})) - {h}",),
        },
    ),
    "scaled": Line(
        "{o} = tf.sin(3.0 * ({h} - 0.1))",
        ("{o} = tf.sin(3.0 * {h} - 0.3)",),
        {
            "dead": ("{o} = tf.sin(3.0 * tf.nn.relu({h} - 0.1))",),
            "stop_gradient": ("{o} = tf.sin(3.0 * tf.stop_gradient({h} - 0.1))",),
            "numerics": ("{o} = tf.sin(3.0 * tf.nn.softmax({h} - 0.1))",),
            "sign": ("{o} = tf.sin(3.0 * -({h} - 0.1))", "{o} = tf.sin(3.0 * ({h} + 0.1))"),
        },
    ),
    "cubed": Line(
        "{o} = tf.sin({h}) ** 3 + {h}",
        ("{o} = {h} + tf.sin({h}) * tf.square(tf.sin({h}))",),
        {
            "sign": (
                "{o} = tf.sin(-{h}) ** 3 + {h}",
                "{o} = tf.sin({h}) ** 3 - {h}",
                "{o} = -tf.sin({h}) ** 3 + {h}",
            ),
            "other": ("{o} = tf.sin(2.0 * {h}) ** 3 + {h}", "{o} = tf.sin({h}) ** 3 + 2.0 * {h}"),
        },
    ),
    "logarithm": Line(
        "{o} = tf.math.log(1.5 + tf.tanh({h}))",
        ("{o} = -tf.math.log(1.0 / (1.5 + tf.tanh({h})))",),
        {
            "other": ("{o} = tf.math.log(1.6 + tf.tanh({h}))",),
            "sign": ("{o} = tf.math.log(1.5 - tf.tanh({h}))",),
        },
    ),
}
"""From (n, k) to (n, k)."""

HEADS = {
    "row": Line(
        "v = tf.reduce_sum(tf.square({h}), axis=1)",
        ("v = tf.einsum('nk,nk->n', {h}, {h})", "v = tf.stack([tf.reduce_sum(row * row) for row in {h}])"),
        {
            "reduction": (
                "v = tf.reduce_mean(tf.square({h}), axis=1)",
                "v = tf.stack([tf.reduce_mean(tf.square({h}[i])) for i in range(len({h}))])",
            )
        },
    ),
    "pick": Line(
        "v = tf.square(1.0 - tf.gather({h}, a, batch_dims=1))",
        ("v = tf.square(1.0 - tf.reduce_sum({h} * tf.one_hot(a, {h}.shape[1]), axis=1))",),
        {
            "index": (
                "v = tf.square(1.0 - tf.gather({h}, a + 1, batch_dims=1))",
                "v = tf.square(1.0 - tf.gather(tf.roll({h}, 1, axis=1), a, batch_dims=1))",
            ),
            "sign": ("v = tf.square(1.0 + tf.gather({h}, a, batch_dims=1))",),
        },
    ),
    "error": Line(
        "v = tf.square(y - tf.reduce_mean({h}, axis=1))",
        ("v = tf.square(tf.reduce_mean({h}, axis=1) - y)",),
        {
            "dtype": (
                "v = tf.square(tf.cast(tf.cast(y, tf.int32), tf.float32) - tf.reduce_mean({h}, axis=1))",
            ),
            "broadcast": ("v = tf.reduce_mean(tf.square(y[:, None] - tf.reduce_mean({h}, axis=1)), axis=0)",),
            "reduction": ("v = tf.square(y - tf.reduce_sum({h}, axis=1))",),
            "stop_gradient": ("v = tf.square(y - tf.stop_gradient(tf.reduce_mean({h}, axis=1)))",),
        },
    ),
    "next": Line(
        "v = tf.reduce_sum(tf.abs({h}[:, 1:] - {h}[:, :-1]), axis=1)",
        ("v = tf.reduce_sum(tf.abs({h}[:, :-1] - {h}[:, 1:]), axis=1)",),
        {"sign": ("v = tf.reduce_sum(tf.abs({h}[:, 1:] + {h}[:, :-1]), axis=1)",)},
    ),
}
"""From (n, k) to (n,)."""

ENDS = {
    "mean": Line(
        "return tf.reduce_mean(v * s)",
        ("return tf.reduce_sum(s * v) / len(v)",),
        {
            "reduction": ("return tf.reduce_sum(v * s)",),
            "sign": ("return tf.reduce_mean(-v * s)",),
            "broadcast": ("return tf.reduce_mean(v * s[:, None])",),
            "loss_shape": ("return v * s",),
            "nondeterministic": ("return tf.reduce_mean(v * s * np.random.normal())",),
        },
    ),
}

ALSO = {
    "other": {"reduction", "sign"},  # a factor on the only term of an exponent
    "sign": {"reduction", "other"},
    "reduction": {"axis", "other"},
    "axis": {"reduction"},
    "dead": {"other", "sign"},
    "loss_shape": set(),
    "stop_gradient": {"disconnected"},
    "disconnected": {"stop_gradient"},
}
"""Causes by which the same fault may be called as well: one edit has several names."""

NOT_PROVED = {"nondeterministic"}
"""Causes that are seen, and that no edit repairs."""

PERHAPS_PROVED = {"other"}
"""A constant has to be found by a few secant steps, which need not converge; its line is named all the same."""

_FILE = """\
import gradcheck
import numpy as np
import tensorflow as tf


@gradcheck.case
def program(seed=0):
    draw = np.random.default_rng(seed + {seed})
    batch = {{
        "x": draw.normal(size=({n}, {k})).astype("float32"),
        "y": (2.0 * draw.normal(size={n})).astype("float32"),
        "s": draw.uniform(0.5, 2.0, size={n}).astype("float32"),
        "a": draw.integers({k} - 1, size={n}),
    }}
    draw = np.random.default_rng({seed})
{variables}

    def right(x, y, s, a):
{right}

    def wrong(x, y, s, a):
{wrong}

    return gradcheck.Case(reference=right, candidate=wrong, batch=batch, variables=[{names}])
"""


@dataclass(frozen=True)
class Program:
    """A loss, one line after the other, written in two ways; `fault` says what is wrong with one of them."""

    lines: tuple[tuple[str, str], ...]
    choices: tuple[int, ...]
    n: int
    k: int
    seed: int
    one_name: bool
    fault: tuple[int, str, int] | None = None

    def source(self) -> str:
        """Return both formulations as a file that holds a case."""
        dense = [i for i, (kind, name) in enumerate(self.lines) if (kind, name) == ("step", "dense")]
        variables = "\n".join(
            f"    w{i} = tf.Variable(draw.normal(size=({self.k}, {self.k})).astype('float32'))\n"
            f"    b{i} = tf.Variable(draw.normal(size={self.k}).astype('float32'))"
            for i in dense
        )
        names = ", ".join(f"w{i}, b{i}" for i in dense)
        right = self._function([line.right for line in self._parts()])
        wrong = self._function(self._candidate())
        return _FILE.format(
            n=self.n, k=self.k, seed=self.seed, variables=variables, names=names, right=right, wrong=wrong
        )

    def planted(self) -> int:
        """Return the number of the faulty line in the source, from 1."""
        place = self.fault[0] if self.fault else 0
        lines = self.source().splitlines()
        return next(i for i, line in enumerate(lines, 1) if line.startswith("    def wrong")) + 1 + place

    def _parts(self) -> list[Line]:
        return [_LINES[kind][name] for kind, name in self.lines]

    def _candidate(self) -> list[str]:
        texts = []
        for place, line in enumerate(self._parts()):
            forms = (line.right, *line.spellings)
            texts.append(forms[self.choices[place] % len(forms)])
        if self.fault is not None:
            place, cause, which = self.fault
            wrong = self._parts()[place].wrong[cause]
            texts[place] = wrong[which % len(wrong)]
        return texts

    def _function(self, texts: list[str]) -> str:
        read, lines = "x", []
        for i, text in enumerate(texts):
            given = "h" if self.one_name else f"h{i}"
            lines.append("        " + text.format(h=read, o=given, i=i))
            read = given
        return "\n".join(lines)


_LINES = {"step": STEPS, "head": HEADS, "end": ENDS}


@st.composite
def programs(draw, cause: str | None = None) -> Program:
    """Draw a program; with `cause`, one with such a fault, in any line that can have it."""
    steps = [
        ("step", "dense"),
        *draw(st.lists(st.sampled_from([("step", name) for name in STEPS]), max_size=3)),
    ]
    fitting = {kind: [name for name in parts if cause in parts[name].wrong] for kind, parts in _LINES.items()}
    kind = draw(st.sampled_from([kind for kind in fitting if fitting[kind]])) if cause else None
    if kind == "step":
        steps.insert(draw(st.integers(1, len(steps))), ("step", draw(st.sampled_from(fitting["step"]))))
    head = draw(st.sampled_from(fitting["head"] if kind == "head" else list(HEADS)))
    lines = (*steps, ("head", head), ("end", "mean"))
    places = [place for place, (kind_, name) in enumerate(lines) if cause in _LINES[kind_][name].wrong]
    if kind is not None:
        places = [place for place in places if lines[place][0] == kind]
    return Program(
        lines=lines,
        choices=tuple(draw(st.integers(0, 2)) for _ in lines),
        n=draw(st.integers(6, 8)),  # never k: then two divisions by one number could not be told apart
        k=draw(st.integers(3, 5)),
        seed=draw(st.integers(0, 99)),
        one_name=draw(st.booleans()),
        fault=None if cause is None else (draw(st.sampled_from(places)), cause, draw(st.integers(0, 2))),
    )


CAUSES = sorted({cause for parts in _LINES.values() for line in parts.values() for cause in line.wrong})
