"""Gated DeltaNet: the state is decayed before the prediction error is taken; reported as the wrong order, but it is the published rule S (a (I - b k k^T)) + b v k^T.
Source: https://github.com/fla-org/flash-linear-attention/issues/885"""
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
    f = keras.config.floatx()

    def var(name, *shape):
        return tf.Variable(rng.normal(0.0, 0.5, shape).astype(f), name=name)

    wq, wk, wv, wg, wb = var("wq", 6, 4), var("wk", 6, 4), var("wv", 6, 3), var("wg", 6), var("wb", 6)

    def reference(batch):
        x = batch["x"]
        q, k, v = x @ wq, tf.math.l2_normalize(x @ wk, -1), x @ wv
        alpha, b = tf.sigmoid(tf.linalg.matvec(x, wg)), tf.sigmoid(tf.linalg.matvec(x, wb))
        state, outs = tf.zeros((13, 3, 4), x.dtype), []
        for t in range(5):
            kk = k[:, t, :, None] * k[:, t, None, :]
            move = alpha[:, t, None, None] * (tf.eye(4, dtype=x.dtype) - b[:, t, None, None] * kk)
            state = state @ move + b[:, t, None, None] * v[:, t, :, None] * k[:, t, None, :]
            outs.append(tf.linalg.matvec(state, q[:, t]))
        return tf.reduce_mean((tf.stack(outs, 1) - batch["y"]) ** 2)

    def candidate(batch):
        def naive_recurrent_gated_delta_rule(q, k, v, beta, g):
            h = tf.zeros((q.shape[0], q.shape[2], v.shape[2]), q.dtype)
            o = []
            for i in range(q.shape[1]):
                b_q, b_k, b_v = q[:, i], k[:, i], v[:, i]
                h = h * tf.exp(g[:, i])[:, None, None]
                b_v = b_v - tf.reduce_sum(h * b_k[..., None], -2)
                b_v = b_v * beta[:, i, None]
                h = h + tf.expand_dims(b_k, -1) * tf.expand_dims(b_v, -2)
                o.append(tf.einsum("bd,bdm->bm", b_q, h))
            return tf.stack(o, 1)

        x = batch["x"]
        gate = tf.math.log_sigmoid(tf.tensordot(x, wg, 1))
        keys = tf.tensordot(x, wk, 1)
        keys = keys / tf.norm(keys, axis=-1, keepdims=True)
        out = naive_recurrent_gated_delta_rule(tf.tensordot(x, wq, 1), keys, tf.tensordot(x, wv, 1),
                                               tf.sigmoid(tf.tensordot(x, wb, 1)), gate)
        return tf.reduce_mean(tf.math.squared_difference(out, batch["y"]))

    return {"reference": reference, "candidate": candidate, "variables": [wq, wk, wv, wg, wb],
            "batch": {"x": rng.normal(size=(13, 5, 6)).astype(f), "y": rng.normal(size=(13, 5, 3)).astype(f)}}
