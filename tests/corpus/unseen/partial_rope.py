"""rope_partial rotated over the head width instead of the rotary width: wrong frequencies and wrong pairs.
Source: https://github.com/pie-project/pie/pull/603"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "width = x.shape[-1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, T, d, rotary = 3, 5, 8, 4
    wq = tf.Variable(0.5 * f(d, d), name="q_proj")
    wk = tf.Variable(0.5 * f(d, d), name="k_proj")

    def reference(batch):
        inv = 10.0 ** (-np.arange(0, rotary, 2) / rotary)
        ang = (np.arange(T)[:, None] * inv[None]).astype(fx)
        cos, sin = np.cos(ang), np.sin(ang)

        def rot(x):
            a, b, rest = tf.split(x, [rotary // 2, rotary // 2, d - rotary], axis=-1)
            return tf.concat([a * cos - b * sin, b * cos + a * sin, rest], -1)

        q, k = rot(batch["x"] @ wq), rot(batch["x"] @ wk)
        s = tf.einsum("ntd,nsd->nts", q, k) / np.sqrt(d)
        y = tf.einsum("nts,nsd->ntd", tf.nn.softmax(s), batch["x"])
        return tf.reduce_mean((y - batch["t"]) ** 2)

    def candidate(batch):
        def rope_partial(x, rotary_dim):
            width = x.shape[-1]
            pairs = rotary_dim // 2
            cols = tf.unstack(x, axis=-1)
            for i in range(pairs):
                theta = np.arange(T) * 10.0 ** (-2.0 * i / width)
                c, s = np.cos(theta).astype(fx), np.sin(theta).astype(fx)
                lo, hi = cols[i], cols[i + width // 2]
                cols[i] = lo * c - hi * s
                cols[i + width // 2] = hi * c + lo * s
            return tf.stack(cols, axis=-1)

        q = rope_partial(tf.matmul(batch["x"], wq), rotary)
        k = rope_partial(tf.matmul(batch["x"], wk), rotary)
        scores = tf.matmul(q, k, transpose_b=True) / np.sqrt(d)
        out = tf.matmul(tf.nn.softmax(scores, axis=-1), batch["x"])
        return tf.reduce_mean(tf.square(out - batch["t"]))

    return {"reference": reference, "candidate": candidate, "batch": {"x": f(n, T, d), "t": f(n, T, d)},
            "variables": [wq, wk]}
