"""The relative shift of Transformer-XL, made for a causal decoder, is used in a bidirectional encoder: the upper triangle
gets scores that belong to other rows. Source: https://github.com/ZhengkunTian/OpenTransformer/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "pos = relative_positions[:s]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, s, d = 3, 5, 4

    def var(name, *shape, sc=0.7):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    wq, wk, wv, wr, out = var("wq", d, d), var("wk", d, d), var("wv", d, d), var("wr", d, d), var("out", d, 3)
    u, v = var("u", d), var("v", d)
    distance = np.arange(s - 1, -s, -1.0)
    freq = 1.0 / 10 ** (np.arange(0, d, 2) / d)
    table = np.concatenate([np.sin(distance[:, None] * freq), np.cos(distance[:, None] * freq)], 1).astype(fx)

    def reference(batch):
        x = batch["frames"]
        q, k, val = x @ wq, x @ wk, x @ wv
        r = tf.constant(table) @ wr
        loss = 0.0
        for n in range(b):
            rows = []
            for i in range(s):
                row = [tf.reduce_sum((q[n, i] + u) * k[n, j]) + tf.reduce_sum((q[n, i] + v) * r[s - 1 - i + j]) for j in range(s)]
                rows.append(tf.stack(row))
            att = tf.nn.softmax(tf.stack(rows) / d ** 0.5, axis=-1)
            err = att @ val[n] @ out - batch["target"][n]
            loss += tf.reduce_sum(err * err)
        return loss / (b * s)

    def candidate(batch):
        relative_positions = tf.constant(table)

        def shift(score):
            width = tf.shape(score)[2]
            padded = tf.pad(score, [[0, 0], [0, 0], [1, 0]])
            flat = tf.reshape(padded, (b, width + 1, s))
            return tf.reshape(flat[:, 1:], (b, s, width))[:, :, :s]

        query, key, value = (batch["frames"] @ w for w in (wq, wk, wv))
        pos = relative_positions[:s]
        content = tf.matmul(query + u, key, transpose_b=True)
        position = shift(tf.einsum("bid,rd->bir", query + v, pos @ wr))
        weights = tf.nn.softmax((content + position) / d ** 0.5)
        diff = weights @ value @ out - batch["target"]
        return tf.reduce_mean(tf.reduce_sum(diff ** 2, axis=-1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"frames": rng.standard_normal((b, s, d)).astype(fx), "target": rng.standard_normal((b, s, 3)).astype(fx)},
            "variables": [wq, wk, wv, wr, out, u, v]}
