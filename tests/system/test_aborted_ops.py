"""What TensorFlow writes of ops that fail: not of those that are merely tried, and of all others."""

import os
import subprocess
import sys

import pytest

from gradcheck.system.aborted_ops import without_aborted_ops
from support.project import ROOT

LINE = b"W0000 00:00:1795.1 99 local_rendezvous.cc:412] Local rendezvous is aborting with status: no\n"
OF_THE_KERNEL = b"W0000 00:00:1795.1 99 op_kernel.cc:1858] OP_REQUIRES failed at matmul_op.cc:1: no\n"


@pytest.mark.parametrize("line", [LINE, OF_THE_KERNEL])
def test_of_ops_that_are_tried_nothing_is_written_and_of_others_it_is(capfd, line):
    with without_aborted_ops():
        os.write(2, line)
    assert capfd.readouterr().err == ""
    os.write(2, line)
    assert capfd.readouterr().err == line.decode()


def test_what_anybody_else_writes_meanwhile_is_handed_on(capfd):
    with without_aborted_ops(), without_aborted_ops():
        os.write(2, b"one\n" + LINE + b"two")
    assert capfd.readouterr().err == "one\ntwo"


def test_stderr_is_given_back_after_an_error(capfd):
    try:
        with without_aborted_ops():
            raise ValueError
    except ValueError:
        os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


LOSSES = """
import numpy as np
import tensorflow as tf

import gradcheck

try:
    tf.ones((2, 3)) @ tf.ones((2, 3))
except tf.errors.InvalidArgumentError:
    print("raised")  # first: TensorFlow writes only some of these lines, the more there were

w = tf.Variable(np.ones((6, 3), "float32"), name="w")
b = tf.Variable(np.ones(3, "float32"), name="b")


def right(x, y):
    errors = [value - tf.reduce_sum(row[None] @ w + b) for row, value in zip(x, y)]
    return tf.reduce_mean(tf.square(tf.stack(errors)))


def wrong(x, y):
    return tf.reduce_mean(tf.square(y - tf.reduce_sum(x @ w + b, axis=1, keepdims=True)))


x = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
case = gradcheck.Case(reference=right, candidate=wrong, batch={"x": x, "y": x[:, 0]}, variables=[w, b])
assert gradcheck.diff(case).verdict == "different"
"""


def test_a_comparison_is_silent_and_the_users_own_failing_op_is_not():
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", LOSSES], capture_output=True, text=True, env=environment, check=True
    )
    assert ran.stdout == "raised\n"
    assert ran.stderr.count("local_rendezvous.cc") == 1
    assert ran.stderr.count("op_kernel.cc") <= 1
