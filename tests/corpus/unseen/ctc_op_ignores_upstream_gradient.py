"""The CTC op computes its gradient together with the cost and hands it back as is, so whatever is done with the
cost afterwards (a mean, a weight, a factor of two) has no influence on the gradient.
Source: https://github.com/mcf06/theano_ctc/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return gradients",
    "same_forward_value": True,
}

NEG = -1e4


def alignment_cost(log_probs, labels):
    """Negative log likelihood of all monotonic alignments of `labels` (one or more frames for each)."""
    emit = tf.gather(log_probs, labels, axis=2, batch_dims=1)          # (batch, frames, labels)
    frames, units = emit.shape[1], emit.shape[2]
    start = tf.one_hot(0, units, on_value=0.0, off_value=NEG, dtype=emit.dtype)
    alpha = emit[:, 0] + start
    for t in range(1, frames):
        shifted = tf.pad(alpha[:, :-1], [[0, 0], [1, 0]], constant_values=NEG)
        alpha = emit[:, t] + tf.reduce_logsumexp(tf.stack([alpha, shifted]), axis=0)
    return -alpha[:, -1]


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, frames, dim, vocab, units = 14, 6, 4, 5, 3
    w = tf.Variable(rng.standard_normal((dim, vocab)).astype(f), name="acts_w")
    bias = tf.Variable(rng.standard_normal(vocab).astype(f), name="acts_b")
    batch = {
        "audio": rng.standard_normal((n, frames, dim)).astype(f),
        "labels": rng.integers(0, vocab, (n, units)).astype("int32"),
        "weight": rng.uniform(0.5, 2.0, n).astype(f),
    }

    def reference(b):
        log_probs = tf.nn.log_softmax(b["audio"] @ w + bias)
        return tf.reduce_mean(b["weight"] * alignment_cost(log_probs, b["labels"]))

    def candidate(b):
        class CTC:
            """Like the C library: costs and gradients come out of a single call."""

            def __init__(self, labels):
                self.labels = labels

            def _compute(self, acts):
                with tf.GradientTape() as tape:
                    tape.watch(acts)
                    costs = alignment_cost(tf.nn.log_softmax(acts), self.labels)
                return costs, tape.gradient(costs, acts)

            def __call__(self, acts):
                @tf.custom_gradient
                def op(a):
                    costs, gradients = self._compute(a)

                    def grad(output_gradients):
                        return gradients

                    return costs, grad

                return op(acts)

        acts = tf.nn.bias_add(tf.tensordot(b["audio"], w, axes=1), bias)
        cost = CTC(b["labels"])(acts)
        return tf.reduce_sum(cost * b["weight"]) / n

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, bias]}
