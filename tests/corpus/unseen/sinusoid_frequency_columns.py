"""The sinusoidal table takes the frequency of its own column for sine and cosine alike, so that a (sin, cos) pair has two
frequencies and q.k no longer depends on the distance only. Source: https://github.com/BrianPulfer/PapersReimplementations/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "odd = tf.cos(t * wk[:, 1::2])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n_steps, dim, b, d_in = 12, 8, 6, 5

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.standard_normal(shape)).astype(fx), name=name)

    w_time, b_time = var("w_time", dim, d_in, s=0.7), var("b_time", d_in, s=0.3)
    w_out = var("w_out", d_in, d_in)

    def reference(batch):
        table = np.zeros((n_steps, dim))
        for pos in range(n_steps):
            for i in range(dim // 2):
                angle = pos / 10_000 ** (4 * i / dim)
                table[pos, 2 * i] = np.sin(angle)
                table[pos, 2 * i + 1] = np.cos(angle)
        emb = tf.gather(tf.constant(table.astype(fx)), batch["t"])
        h = tf.nn.silu(tf.matmul(emb, w_time) + b_time) + batch["x"]
        pred = tf.matmul(tf.tanh(h), w_out)
        return tf.reduce_mean(tf.square(pred - batch["noise"]))

    def candidate(batch):
        def sinusoidal_embedding(n, d):
            wk = tf.constant([[1.0 / 10_000 ** (2.0 * j / d) for j in range(d)]], dtype=fx)
            t = tf.reshape(tf.range(n, dtype=fx), (n, 1))
            even = tf.sin(t * wk[:, ::2])
            odd = tf.cos(t * wk[:, 1::2])
            return tf.reshape(tf.stack([even, odd], axis=-1), (n, d))

        time_embed = sinusoidal_embedding(n_steps, dim)
        t_vec = tf.nn.silu(tf.gather(time_embed, batch["t"]) @ w_time + b_time)
        hidden = tf.tanh(batch["x"] + t_vec)
        eps_theta = hidden @ w_out
        return tf.reduce_mean((batch["noise"] - eps_theta) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((b, d_in)).astype(fx),
                      "noise": rng.standard_normal((b, d_in)).astype(fx),
                      "t": rng.permutation(np.arange(3, n_steps))[:b].astype("int32")},
            "variables": [w_time, b_time, w_out]}
