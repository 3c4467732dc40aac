"""Where the ops of a recording are called, and that it need not be known."""

from __future__ import annotations

import tensorflow as tf

from gradcheck.execution.record.recorder import Recorder
from gradcheck.source import span_of


def loop():
    return tf.add_n([doubled(value) for value in (1.0, 2.0)])


def doubled(value):
    return tf.square(value) + tf.square(value)


def recorded(**how):
    recorder = Recorder(**how)
    with tf.GradientTape(persistent=True) as tape, recorder.recording():
        loss = loop()
    return recorder.finish(loss, {}, tape)


def test_all_ops_of_a_place_share_it_with_its_callers():
    squares = [op for op in recorded().ops if op.type == "Square"]
    assert [span_of(op.site).text for op in squares] == ["tf.square(value)"] * 4
    assert len({id(op.site) for op in squares}) == 2 and len({op.site for op in squares}) == 2
    assert {span_of(caller).text for op in squares for caller in op.callers} >= {"doubled(value)"}


def test_without_places_all_else_is_recorded():
    known, unknown = recorded(), recorded(with_places=False)
    assert {(op.site, op.callers) for op in unknown.ops} == {(None, ())}
    assert all(op.site is not None for op in known.ops)
    assert [(op.type, len(op.inputs), len(op.outputs), op.attributes) for op in known.ops] == [
        (op.type, len(op.inputs), len(op.outputs), op.attributes) for op in unknown.ops
    ]
