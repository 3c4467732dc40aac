"""2-D RoPE: only the first half of the cos/sin cache (height) is read and used for both halves, the width angles are
dropped. Source: https://github.com/Tencent/ncnn/issues/6833"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "cos_b, sin_b = batch[\"cos\"][:, :half], batch[\"sin\"][:, :half]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, gh, gw, d = 3, 2, 3, 8
    half, t = d // 2, gh * gw
    wq = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="wq")
    wk = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="wk")

    def reference(batch):
        def apply(x):
            swapped = tf.concat([-x[..., half:], x[..., :half]], axis=-1)
            return x * batch["cos"] + swapped * batch["sin"]

        q, k = apply(batch["patches"] @ wq), apply(batch["patches"] @ wk)
        w = tf.nn.softmax(q @ tf.transpose(k, (0, 2, 1)) / d**0.5)
        return tf.reduce_mean((w @ batch["patches"] - batch["y"]) ** 2)

    def candidate(batch):
        cos_a, sin_a = batch["cos"][:, :half], batch["sin"][:, :half]
        cos_b, sin_b = batch["cos"][:, :half], batch["sin"][:, :half]

        def rotary_embed(x):
            x0, x1 = tf.split(x, 2, axis=-1)
            out0 = x0 * cos_a - x1 * sin_a
            out1 = x1 * cos_b + x0 * sin_b
            return tf.concat([out0, out1], axis=-1)

        q = rotary_embed(tf.matmul(batch["patches"], wq))
        k = rotary_embed(tf.matmul(batch["patches"], wk))
        scores = tf.matmul(q, k, transpose_b=True) / tf.sqrt(tf.cast(d, q.dtype))
        out = tf.matmul(tf.nn.softmax(scores, axis=-1), batch["patches"])
        return tf.reduce_mean(tf.square(out - batch["y"]))

    inv = 1.0 / 10.0 ** (np.arange(half) / half)
    hh, ww = np.meshgrid(np.arange(gh), np.arange(gw), indexing="ij")
    ang = np.concatenate([hh.ravel()[:, None] * inv, (ww.ravel()[:, None] + 1) * inv], axis=1)
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "patches": rng.normal(size=(n, t, d)).astype(fx),
            "y": rng.normal(size=(n, t, d)).astype(fx),
            "cos": np.cos(ang).astype(fx),
            "sin": np.sin(ang).astype(fx),
        },
        "variables": [wq, wk],
    }
