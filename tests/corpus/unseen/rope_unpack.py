"""Rotary embedding: the table interleaves sines and cosines, but it is unpacked by halves.
Source: https://github.com/NVIDIA/ngpt/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "sin, cos = tf.split(sinusoidal_pos, 2, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    b, t, d, vocab = 3, 5, 6, 5
    wq, wk, wv, head = var("wq", d, d), var("wk", d, d), var("wv", d, d), var("head", d, vocab)
    inv = 100.0 ** (-np.arange(0, d, 2) / d)
    angle = np.arange(t)[:, None] * inv[None]
    table = np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(t, d).astype(dt)

    def reference(batch):
        x = batch["x"]
        c, s = np.cos(angle).astype(dt), np.sin(angle).astype(dt)

        def turn(z):
            a, e = z[..., 0::2], z[..., 1::2]
            return tf.concat([a * c - e * s, e * c + a * s], axis=-1)

        score = tf.einsum("bid,bjd->bij", turn(x @ wq), turn(x @ wk)) / np.sqrt(d)
        logits = (tf.nn.softmax(score, axis=-1) @ (x @ wv)) @ head
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def candidate(batch):
        def apply_rotary(sinusoidal_pos, q, k):
            sin, cos = tf.split(sinusoidal_pos, 2, axis=-1)

            def rotate(z):
                z_even, z_odd = z[..., ::2], z[..., 1::2]
                rotated = tf.stack([z_even * cos - z_odd * sin, z_odd * cos + z_even * sin], axis=-1)
                return tf.reshape(rotated, z.shape)

            return rotate(q), rotate(k)

        x = batch["x"]
        q, k = apply_rotary(table, x @ wq, x @ wk)
        attn = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * d ** -0.5, axis=-1)
        logits = tf.matmul(attn, x @ wv) @ head
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, t, d)).astype(dt), "y": rng.integers(0, vocab, size=(b, t))},
            "variables": [wq, wk, wv, head]}
