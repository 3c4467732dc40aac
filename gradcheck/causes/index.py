"""The wrong element: an index or a slice is off by one, or a gather pairs samples with the wrong rows.

`tf.gather(values, actions)` picks whole rows of the batch, not one action per sample, unless you pass
`batch_dims=1`. Other examples: flattened rows are indexed without multiplying by the row length; targets are
shifted once by the data pipeline and again by the loss; the last step is taken one position too late. All
indices are within bounds and all shapes match or broadcast, so nothing raises an error (on a GPU, `tf.gather`
even returns zeros for indices out of bounds). The model learns to predict something else, often its input.
Check indices on a tiny batch whose values show where they came from, such as 0, 1, 2, 10, 11, 12.
"""

from __future__ import annotations

import itertools

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.program.ops import BY_PLACE, INDICES, REORDERINGS
from gradcheck.program.places import place_of
from gradcheck.program.queries import mixes_axes
from gradcheck.program.recording import Op, Recording, Shape
from gradcheck.repair.asked import movement
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.language import (
    At,
    Call,
    Expression,
    Input,
    Number,
    Own,
    call,
    times,
    with_input,
)
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place
from gradcheck.repair.reshaped import shape_with
from gradcheck.source.differences import Difference

EXAMPLES = (
    Example(
        title="The value of the action that was taken, for each sample",
        setup="""
            batch = {
                "states": draw.normal(size=(8, 3)).astype("float32"),
                "actions": draw.integers(2, size=8),
                "targets": draw.normal(size=(8, 1)).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3, 2)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(states, actions, targets):
                taken = tf.gather(states @ w, actions, batch_dims=1)
                return tf.reduce_mean(tf.square(tf.reshape(taken, (8, -1)) - targets))
        """,
        wrong="""
            def wrong(states, actions, targets):
                taken = tf.gather(states @ w, actions)  # <--
                return tf.reduce_mean(tf.square(tf.reshape(taken, (8, -1)) - targets))
        """,
        says="gather uses axis=0, batch_dims=0; the reference agrees with axis=1, batch_dims=1",
        fix="tf.gather(states @ w, actions, batch_dims=1)",
    ),
    Example(
        title="Next-step prediction: the inputs end one step before the targets do",
        setup="""
            batch = {"steps": draw.normal(size=(4, 6, 2)).astype("float32")}
            w = tf.Variable(draw.normal(size=(2, 2)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(steps):
                predicted = tf.tanh(steps @ w)
                return tf.reduce_mean(tf.square(predicted[:, :5] - steps[:, 1:]))
        """,
        wrong="""
            def wrong(steps):
                predicted = tf.tanh(steps @ w)
                return tf.reduce_mean(tf.square(predicted[:, 1:] - steps[:, 1:]))  # <--
        """,
        says="the slice of (4, 6, 2) starts 1 too late and ends 1 too late along axis 1",
        fix="predicted[:, :-1]",
    ),
)


CLAIMS = 5


def claims(located: Located) -> bool:
    """Return whether other elements are taken there, or the same ones in another order."""
    if located.same_numbers:
        return located.reads_taken
    if located.chosen is not None:
        return True
    if mixes_axes(located.blamed or located.op, located.candidate):
        return False
    reference, other = located.reference, located.other
    selects = (
        other.type in BY_PLACE
        and reference.tensors[other.inputs[0]].size > reference.tensors[other.outputs[0]].size
    )
    return (
        located.op.type in BY_PLACE
        or located.rearranged
        or (selects and located.passes[1] and (located.other_elements or located.sums_known))
    )


def rewrites(difference: Difference) -> bool:
    """Return whether other elements are taken, or the same in another order."""
    if {difference.old, difference.new} == {"repeat", "tile"}:
        return True
    return difference.what == "slice" or not _WORDS.isdisjoint((difference.old, difference.new))


_WORDS = {"[...]", "batch_dims", "roll", "shift", "reverse", "exclusive", "gather", "paddings"}


def explains(change: Change) -> Said | None:
    """Return what to say of other batch axes, indices and bounds, and of an order that is left as it is."""
    op, recording = change.op, change.recording
    if op.type == "GatherV2" and "batch_dims" in change.settings:
        own = int(recording.array(op.inputs[2])), int(op.attributes.get("batch_dims") or 0)
        before, after = [f"axis={axis}, batch_dims={dims}" for axis, dims in (own, change.settings.values())]
        return Said(message=f"gather uses {before}; the reference agrees with {after}")
    if op.type in REORDERINGS and change.left_in == 0:
        said = f"{REORDERINGS[op.type]} moves the elements; the reference agrees without it"
        return Said(message=said, rank=1)
    if op.type in BY_PLACE and _is_turned(change):
        given = recording.tensors[op.inputs[0]].shape
        return Said(message=f"elements of {given} are taken along another axis than in the reference", rank=3)
    if op.type == "StridedSlice":
        return _sliced(change)
    number, by = _shift(change)
    what = {INDICES.get(op.type): "the indices are"}.get(number, f"coordinate {number} is")
    return Said(message=f"{what} 1 too {'small' if by > 0 else 'large'}", rank=3) if by else None


def _is_turned(change: Change) -> bool:
    """Return whether that from which elements are taken has an axis more or less, or others first."""
    number, one = change.operand or (None, None)
    shape = change.recording.tensors[change.op.inputs[0]].shape
    return number == 0 and isinstance(one, Call) and shape_with(one, shape) is not None


def _shift(change: Change) -> tuple[int | None, int]:
    """Return which indices, or coordinates, are one less or one more, and by how much; 0 for none."""
    number, one = change.operand or (None, None)
    if number is None or not (change.op.type == "Pack" or number == INDICES.get(change.op.type)):
        return None, 0
    match one:
        case Call(name="add" | "subtract" as name, arguments=(Input(), Number(value=1))):
            return number, 1 if name == "add" else -1
    return None, 0


def _sliced(change: Change) -> Said | None:
    op, expression = change.op, change.expression
    source = change.recording.tensors[op.inputs[0]].shape
    if change.left_in == 0 and _crops(op, change.recording):
        return Said(message=f"the slice omits part of {source}; the reference agrees with all of it", rank=2)
    if not isinstance(expression, Own) or not expression.inputs:
        return None
    moves = [movement(dict(expression.inputs).get(number)) for number in (1, 2)]
    axis = next((axis for move in moves for axis, by in enumerate(move) if by), None)
    if axis is None:
        return None
    begin, end = (move[axis] if move else 0 for move in moves)
    return Said(
        message=f"the slice of {source} {_shifted_in_words(begin, end)} along axis {axis}",
        words=f"move the slice's start by {begin} and its end by {end} along axis {axis}",
        rank=3,
    )


def propose(evidence: Evidence) -> list[Proposal]:
    """Return other indices into flattened rows, and both of two slices left out."""
    recording = evidence.candidate
    ops = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    slices = [op for op in ops if op.type == "StridedSlice"]
    return [
        *(proposal for op in ops if op.type == "GatherV2" for proposal in _flat_indices(op, recording)),
        *_slice_pairs(slices, recording),
    ]


def _flat_indices(op: Op, recording: Recording) -> list[Proposal]:
    """Return other indices into flattened rows: another row length, or recomputed indices."""
    elements = recording.tensors[op.inputs[0]].shape[:1]
    maker = recording.producer(op.inputs[1])
    if maker is not None and maker.type == "Reshape":
        maker = recording.producer(maker.inputs[0])
    shape = () if maker is None else recording.tensors[maker.outputs[0]].shape
    if maker is None or not elements or not shape or not shape[0] or elements[0] % shape[0]:
        return []
    stride = elements[0] // shape[0]
    said = f"{shape[0]} rows of {stride} are flattened: element j of row i has index {stride} * i + j"
    before = _integers_before(maker, recording)
    picking = [
        (reader, number)
        for reader, number in before
        if _picks(reader.inputs[number], shape, stride, recording)
    ]
    if stride == 1 or not picking:
        return []
    propose = Proposer("index", recording)
    lengths = [
        propose(reader, Own(((number, Number(stride)),)), said)
        for reader, number in before
        if reader.type == "Mul" and recording.tensors[reader.inputs[number]].size == 1
    ]
    return lengths + [
        propose(
            maker,
            (flat := _in_rows(maker, reader, number, stride, recording)),
            said,
            words=f"multiply the number of the row by {stride}, and add the index within the row",
            in_source=isinstance(flat, Own),  # of another form nobody would write what is replayed
        )
        for reader, number in picking
    ]


def _in_rows(maker: Op, reader: Op, number: int, stride: int, recording: Recording) -> Expression:
    """Return where the elements lie that are numbered within each row, all rows laid end to end."""
    ranges = [i for i, tensor in enumerate(maker.inputs) if _is_a_range(tensor, recording)]
    if maker.type == "AddV2" and len(ranges) == 1 and reader.inputs[number] in maker.inputs:
        return with_input(ranges[0], lambda rows: call("multiply", rows, stride))
    picked = At(place_of(reader), input=number, which=0)
    rows = call("cumsum", call("ones_like", picked), axis=0, exclusive=True)
    return call("add", picked, times(stride, rows))


def _integers_before(op: Op, recording: Recording) -> list[tuple[Op, int]]:
    """Return where integers are read on the way to what `op` gives, the nearest first."""
    found, pending = [], [op]
    while pending:
        reader = pending.pop(0)
        integers = [i for i, number in enumerate(reader.inputs) if not recording.tensors[number].floating]
        found += [(reader, i) for i in integers]
        makers = (recording.producer(reader.inputs[i]) for i in integers)
        pending += [maker for maker in makers if maker is not None and maker not in pending]
    return found


def _picks(tensor: int, shape: Shape, stride: int, recording: Recording) -> bool:
    """Return whether a tensor may hold, for each row, the index of an element of it."""
    if recording.tensors[tensor].shape != shape:
        return False
    values = recording.array(tensor)
    return bool(values.dtype.kind in "iu" and (values >= 0).all() and (values < stride).all())


def _is_a_range(number: int, recording: Recording) -> bool:
    maker = recording.producer(number)
    return maker is not None and maker.type == "Range"


def _slice_pairs(slices: list[Op], recording: Recording) -> list[Proposal]:
    """Return both of two slices on one line removed, such as those of logits and labels."""
    message = "both slices on this line omit elements; the reference agrees with neither"
    return [
        Proposer("index", recording)(one, Input(0), message, rank=1).and_also(other, Input(0))
        for one, other in itertools.combinations(slices, 2)
        if one.span and other.span and one.span.line == other.span.line and _crops(one, recording)
    ]


def _crops(op: Op, recording: Recording) -> bool:
    """Return whether a slice leaves elements out: not where its runs take one part after the other."""
    source, result = recording.tensors[op.inputs[0]].shape, recording.tensors[op.outputs[0]].shape
    runs = (one for one in recording.at_site.get(op.site, ()) if one.type == op.type)
    begins = {recording.array(one.inputs[1]).tobytes() for one in runs}
    return len(source) == len(result) and source != result and len(begins) < 2


def _shifted_in_words(begin: int, end: int) -> str:
    bounds = {"starts": begin, "ends": end}
    return " and ".join(f"{verb} 1 too {'early' if by > 0 else 'late'}" for verb, by in bounds.items() if by)
