"""Discrete option codes: the hard one-hot choice is used without its straight-through term.

Source (constructed): straight-through Gumbel-softmax over options; only the forward half was kept.
Right answer: NOT equivalent; same loss value, the option head is disconnected.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'pick = tf.one_hot(tf.argmax(soft, axis=-1), options, dtype=soft.dtype)',
    "same_forward_value": True,
}

_TAU = 0.8


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, options, out = 19, 5, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.7 * arr(d, options), name="option_w")
    codes = tf.Variable(0.8 * arr(options, out), name="option_codes")
    batch = {"x": arr(n, d), "gumbel": rng.gumbel(size=(n, options)).astype(f), "y": arr(n, out)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            p = tf.nn.softmax(((b["x"][i : i + 1] @ w)[0] + b["gumbel"][i]) / _TAU)
            hard = tf.one_hot(tf.argmax(p), options, dtype=p.dtype)
            chosen = p + tf.stop_gradient(hard - p)
            total += tf.reduce_sum(tf.square((chosen[None] @ codes)[0] - b["y"][i]))
        return total / m

    @tf.function
    def candidate(b):
        soft = tf.nn.softmax((b["x"] @ w + b["gumbel"]) / _TAU)
        pick = tf.one_hot(tf.argmax(soft, axis=-1), options, dtype=soft.dtype)
        made = tf.einsum("nk,ko->no", pick, codes)
        return tf.reduce_mean(tf.reduce_sum(tf.square(made - b["y"]), axis=-1))

    return {"variables": [w, codes], "batch": batch, "reference": reference, "candidate": candidate}
