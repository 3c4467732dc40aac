"""PositionalEmbeddings.apply subtracts the rotate_half * sin term of RoPE, which turns by the inverse angle.
Source: https://github.com/trymirai/lalamo/pull/268"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "return heads * cosines - rotate_half(heads) * sines",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, d = 3, 5, 6
    wq = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="wq")
    wk = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="wk")
    wv = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="wv")
    inv_freq = 1.0 / 100.0 ** (np.arange(0, d, 2) / d)
    angle = np.arange(t)[:, None] * inv_freq[None]

    def attend(q, k, v):
        s = tf.matmul(q, k, transpose_b=True) / np.sqrt(d)
        causal = tf.linalg.band_part(tf.ones((t, t), s.dtype), -1, 0)
        return tf.nn.softmax(tf.where(causal > 0, s, tf.fill(tf.shape(s), tf.constant(-1e9, s.dtype)))) @ v

    def reference(batch):
        c = tf.constant(np.cos(angle).astype(fx))
        s = tf.constant(np.sin(angle).astype(fx))

        def turn(z):
            first, second = z[..., : d // 2], z[..., d // 2:]
            return tf.concat([first * c - second * s, second * c + first * s], axis=-1)

        x = batch["x"]
        y = attend(turn(x @ wq), turn(x @ wk), x @ wv)
        return tf.reduce_mean((y - batch["y"]) ** 2)

    def candidate(batch):
        emb = np.concatenate([angle, angle], axis=-1)
        cosines, sines = tf.constant(np.cos(emb).astype(fx)), tf.constant(np.sin(emb).astype(fx))

        def rotate_half(z):
            left, right = tf.split(z, 2, axis=-1)
            return tf.concat([-right, left], axis=-1)

        def apply(heads):
            return heads * cosines - rotate_half(heads) * sines

        x = batch["x"]
        queries, keys, values = apply(x @ wq), apply(x @ wk), x @ wv
        out = attend(queries, keys, values)
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": 1.5 * rng.normal(size=(b, t, d)).astype(fx), "y": rng.normal(size=(b, t, d)).astype(fx)},
            "variables": [wq, wk, wv]}
