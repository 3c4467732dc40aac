"""SwiGLU feed-forward put the SiLU around the product of both projections instead of around the gate only.
Source: https://github.com/Nijikadesu/breakdown-minimind/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.nn.silu((h @ w_gate) * (h @ w_up)) @ w_down",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    b, t, d, ff, vocab = 3, 4, 5, 8, 6

    def var(name, *shape):
        return tf.Variable(rng.normal(size=shape) * 0.6, dtype=dt, name=name)

    w_gate, w_up, w_down = var("w_gate", d, ff), var("w_up", d, ff), var("w_down", ff, d)
    g = tf.Variable(np.ones(d) + 0.1 * rng.normal(size=d), dtype=dt, name="norm_gain")
    head = var("head", d, vocab)

    def rms(x):
        return x * tf.math.rsqrt(tf.reduce_mean(x * x, axis=-1, keepdims=True) + 1e-5) * g

    def lm_loss(h, labels):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=rms(h) @ head)
        return tf.reduce_mean(ce)

    def reference(batch):
        x = batch["x"]
        h = rms(x)
        gate = h @ w_gate
        gate = gate * tf.sigmoid(gate)
        value = h @ w_up
        out = x + (gate * value) @ w_down
        return lm_loss(out, batch["labels"])

    def candidate(batch):
        def feed_forward(h):
            return tf.nn.silu((h @ w_gate) * (h @ w_up)) @ w_down

        x = batch["x"]
        x = x + feed_forward(rms(x))
        return lm_loss(x, batch["labels"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, t, d)).astype(dt), "labels": rng.integers(0, vocab, size=(b, t))},
            "variables": [w_gate, w_up, w_down, g, head]}
