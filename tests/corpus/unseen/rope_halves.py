"""Suspected bug in rotate_half. Rotating the halves is right together with angles that are laid out by halves.
Source: https://github.com/naver/croco/issues/3"""
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

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, T, d = 3, 5, 6
    wq, wk = var("wq", d, d), var("wk", d, d)

    def reference(batch):
        def turn(v):
            lo, hi = [], []
            for i in range(d // 2):
                a = batch["pos"] * batch["inv_freq"][i]
                lo.append(v[..., i] * tf.cos(a) - v[..., i + d // 2] * tf.sin(a))
                hi.append(v[..., i] * tf.sin(a) + v[..., i + d // 2] * tf.cos(a))
            return tf.stack(lo + hi, -1)
        q, k = turn(batch["x"] @ wq), turn(batch["x"] @ wk)
        att = tf.nn.log_softmax(q @ tf.transpose(k, [0, 2, 1]) / d ** 0.5)
        return -tf.reduce_mean(tf.reduce_sum(batch["y"] * att, -1))

    def candidate(batch):
        freqs = tf.einsum("i,j->ij", batch["pos"], batch["inv_freq"])
        table = tf.concat([freqs, freqs], axis=-1)
        cos, sin = tf.cos(table), tf.sin(table)

        def rotate_half(x):
            x1, x2 = tf.split(x, 2, axis=-1)
            return tf.concat([-x2, x1], axis=-1)

        def apply_rope(tokens):
            return tokens * cos + rotate_half(tokens) * sin

        q, k = apply_rope(tf.matmul(batch["x"], wq)), apply_rope(tf.matmul(batch["x"], wk))
        logits = tf.matmul(q, k, transpose_b=True) / tf.sqrt(tf.cast(d, q.dtype))
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, T, d), "y": np.eye(T)[rng.integers(0, T, (n, T))].astype(f),
                      "pos": np.arange(T).astype(f), "inv_freq": np.array([1, .4, .1], f)},
            "variables": [wq, wk]}
