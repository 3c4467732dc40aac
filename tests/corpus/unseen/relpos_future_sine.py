"""RelPosEncXL uses the same sinusoids for past and future positions although the sine
is odd; keys ahead and keys behind get the same bias. Source: https://github.com/speechbrain/speechbrain/issues/3070"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'sign',
    "line_marker": "future_sin = tf.sin(ang)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, T, d = 3, 5, 6
    wq, wk, wv, wp, u = var("wq", d, d), var("wk", d, d), var("wv", d, d), var("wp", d, d), var("u", d)
    inv_freq = (1.0 / 100.0 ** (np.arange(0, d, 2) / d)).astype(fx)

    def reference(batch):
        x = batch["x"]
        q, k, v = x @ wq, x @ wk, x @ wv
        rel = np.arange(T)[:, None] - np.arange(T)[None, :]
        ang = tf.constant(rel[..., None].astype(fx) * inv_freq)
        pe = tf.reshape(tf.stack([tf.sin(ang), tf.cos(ang)], axis=-1), [T, T, d])
        scores = tf.einsum("bid,bjd->bij", q, k) + tf.einsum("bid,ijd->bij", q + u, pe @ wp)
        att = tf.nn.softmax(scores / np.sqrt(d).astype(fx), axis=-1)
        return tf.reduce_mean(tf.square(att @ v - batch["y"]))

    def candidate(batch):
        def make_pe():
            pos = tf.range(T, dtype=inv_freq.dtype.name)[:, None]
            ang = pos * inv_freq
            past = tf.reshape(tf.stack([tf.sin(ang), tf.cos(ang)], 2), [T, d])
            future_sin = tf.sin(ang)
            future = tf.reshape(tf.stack([future_sin, tf.cos(-ang)], 2), [T, d])
            return tf.concat([tf.reverse(past, [0]), future[1:]], axis=0)

        x = batch["x"]
        q, k, v = x @ wq, x @ wk, x @ wv
        pos_k = make_pe() @ wp
        bd = tf.einsum("btd,rd->btr", q + u, pos_k)
        rows = [bd[:, t, T - 1 - t:2 * T - 1 - t] for t in range(T)]
        logits = (tf.matmul(q, k, transpose_b=True) + tf.stack(rows, axis=1)) * d ** -0.5
        out = tf.matmul(tf.nn.softmax(logits), v)
        return tf.reduce_mean((batch["y"] - out) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, T, d), "y": arr(n, T, d)},
            "variables": [wq, wk, wv, wp, u]}
