"""Asks why GRUCellEx has newgate + inputgate * (hidden - newgate) where the paper has (1 - u) q + u h.
Source: https://github.com/loicland/superpoint_graph/issues/124"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, s, d, h = 3, 4, 3, 4
    w_ih, w_hh, b_ih, b_hh = var("w_ih", d, 3 * h), var("w_hh", h, 3 * h), var("b_ih", 3 * h), var("b_hh", 3 * h)
    w_cls = var("w_cls", h, 3)

    def reference(batch):
        state = batch["h0"]
        for t in range(s):
            x = batch["x"][:, t]
            part = lambda m, k: m[..., k * h:(k + 1) * h]  # noqa: E731
            r = tf.sigmoid(x @ part(w_ih, 0) + part(b_ih, 0) + state @ part(w_hh, 0) + part(b_hh, 0))
            u = tf.sigmoid(x @ part(w_ih, 1) + part(b_ih, 1) + state @ part(w_hh, 1) + part(b_hh, 1))
            q = tf.tanh(x @ part(w_ih, 2) + part(b_ih, 2) + r * (state @ part(w_hh, 2) + part(b_hh, 2)))
            state = (1.0 - u) * q + u * state
        ce = keras.losses.sparse_categorical_crossentropy(batch["y"], state @ w_cls, from_logits=True)
        return tf.reduce_mean(ce)

    def candidate(batch):
        def cell(inp, hidden):
            gi = tf.matmul(inp, w_ih) + b_ih
            gh = tf.matmul(hidden, w_hh) + b_hh
            i_r, i_i, i_n = tf.split(gi, 3, axis=1)
            h_r, h_i, h_n = tf.split(gh, 3, axis=1)
            resetgate = tf.sigmoid(i_r + h_r)
            inputgate = tf.sigmoid(i_i + h_i)
            newgate = tf.tanh(i_n + resetgate * h_n)
            return newgate + inputgate * (hidden - newgate)

        hy = batch["h0"]
        for inp in tf.unstack(batch["x"], axis=1):
            hy = cell(inp, hy)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=tf.matmul(hy, w_cls)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(b, s, d), "h0": arr(b, h), "y": rng.integers(0, 3, b).astype("int32")},
            "variables": [w_ih, w_hh, b_ih, b_hh, w_cls]}
