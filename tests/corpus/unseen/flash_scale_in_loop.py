"""The blockwise attention multiplies qk_scale by log2(e) anew for each block of keys, so that later blocks blow up.
Source: https://github.com/flagos-ai/FlagGems/pull/424"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "qk_scale = qk_scale * LOG2E",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, s, d, block = 2, 6, 4, 2
    wq, wk, wv, wo = var("wq", d, d), var("wk", d, d), var("wv", d, d), var("wo", d, d)

    def reference(batch):
        x = batch["x"]
        att = tf.nn.softmax(tf.matmul(x @ wq, x @ wk, transpose_b=True) / d ** 0.5, axis=-1)
        return tf.reduce_mean(tf.square(att @ (x @ wv) @ wo - batch["target"]))

    def candidate(batch):
        LOG2E = 1.44269504089
        q, keys, values = batch["x"] @ wq, batch["x"] @ wk, batch["x"] @ wv
        qk_scale = d ** -0.5
        acc = tf.zeros((b, s, d), fx)
        l_i = tf.zeros((b, s), fx)
        m_i = tf.fill((b, s), tf.constant(-1e4, fx))
        for start in range(0, s, block):
            k, v = keys[:, start:start + block], values[:, start:start + block]
            qk_scale = qk_scale * LOG2E
            qk = tf.einsum("bid,bjd->bij", q, k) * qk_scale
            m_ij = tf.maximum(m_i, tf.reduce_max(qk, -1))
            p = 2.0 ** (qk - m_ij[:, :, None])
            alpha = 2.0 ** (m_i - m_ij)
            l_i = l_i * alpha + tf.reduce_sum(p, -1)
            acc = acc * alpha[:, :, None] + p @ v
            m_i = m_ij
        out = acc / l_i[:, :, None]
        return tf.reduce_mean((tf.einsum("bid,de->bie", out, wo) - batch["target"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(b, s, d), "target": arr(b, s, d)}, "variables": [wq, wk, wv, wo]}
