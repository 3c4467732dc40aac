"""RoPE cache built with cat(freqs, freqs) is suspected to be wrong; with the matching rotate_half it is a proper rotation
of the pairs (i, i + d/2). Source: https://github.com/facebookresearch/xformers/issues/779"""
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
    n, t, d = 3, 4, 6
    wq = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="wq")
    wk = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="wk")
    inv_freq = (1.0 / 10.0 ** (np.arange(0, d, 2) / d)).astype(fx)

    def reference(batch):
        q, k = batch["x"] @ wq, batch["x"] @ wk
        rows = []
        for a in range(t):
            cols = []
            for b in range(t):
                score = 0.0
                for i in range(d // 2):
                    theta = (batch["pos"][a] - batch["pos"][b]) * inv_freq[i]
                    qx, qy, kx, ky = q[:, a, i], q[:, a, i + d // 2], k[:, b, i], k[:, b, i + d // 2]
                    score += (qx * kx + qy * ky) * tf.cos(theta) + (qx * ky - qy * kx) * tf.sin(theta)
                cols.append(score / d**0.5)
            rows.append(tf.stack(cols, axis=1))
        p = tf.nn.softmax(tf.stack(rows, axis=1))
        return tf.reduce_mean((p @ batch["x"] - batch["y"]) ** 2)

    def candidate(batch):
        freqs = tf.einsum("i,j->ij", batch["pos"], tf.constant(inv_freq))
        emb = tf.concat([freqs, freqs], axis=-1)
        cos_cached, sin_cached = tf.cos(emb)[None], tf.sin(emb)[None]

        def rotate_half(x):
            x1, x2 = tf.split(x, 2, axis=-1)
            return tf.concat([-x2, x1], axis=-1)

        def apply_rotary_pos_emb(x):
            return x * cos_cached + rotate_half(x) * sin_cached

        q = apply_rotary_pos_emb(tf.matmul(batch["x"], wq))
        k = apply_rotary_pos_emb(tf.matmul(batch["x"], wk))
        att = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / tf.sqrt(tf.cast(d, q.dtype)), axis=-1)
        return tf.reduce_mean(tf.square(tf.matmul(att, batch["x"]) - batch["y"]))

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(n, t, d)).astype(fx),
            "y": rng.normal(size=(n, t, d)).astype(fx),
            "pos": np.arange(t).astype(fx),
        },
        "variables": [wq, wk],
    }
