"""how-to-train-your-gpt ch. 4: frequencies are repeat-interleaved (pairs 0,1 / 2,3) but rotate_half splits
at the midpoint. Source: https://github.com/raiyanyahya/how-to-train-your-gpt/pull/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "x1, x2 = x[..., : D // 2], x[..., D // 2:]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, D, V = 3, 5, 6, 7
    emb = tf.Variable(rng.normal(0, 1, (V, D)).astype(fx), name="emb")
    Wq = tf.Variable(rng.normal(0, 0.7, (D, D)).astype(fx), name="Wq")
    Wk = tf.Variable(rng.normal(0, 0.7, (D, D)).astype(fx), name="Wk")
    inv = (1.0 / 10.0 ** (np.arange(0, D, 2) / D)).astype(fx)

    def attend(q, k, v):
        s = tf.einsum("btd,bsd->bts", q, k) / np.sqrt(D)
        future = tf.linalg.band_part(tf.ones((T, T), dtype=bool), -1, 0)
        s = tf.where(future, s, tf.constant(-1e9, s.dtype))
        return tf.matmul(tf.nn.softmax(s, axis=-1), v)

    def xent(h, batch):
        logits = tf.einsum("btd,vd->btv", h, emb)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["targets"], logits)
        return tf.reduce_sum(ce * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def reference(batch):
        ang = tf.cast(batch["positions"], fx)[..., None] * inv

        def rotate(x):
            even, odd = x[..., 0::2], x[..., 1::2]
            c, s = tf.cos(ang), tf.sin(ang)
            y = tf.stack([even * c - odd * s, odd * c + even * s], axis=-1)
            return tf.reshape(y, tf.shape(x))

        x = tf.gather(emb, batch["tokens"])
        return xent(attend(rotate(x @ Wq), rotate(x @ Wk), x), batch)

    def candidate(batch):
        freqs = tf.cast(batch["positions"], fx)[..., None] * inv
        table = tf.repeat(freqs, 2, axis=-1)
        cos, sin = tf.cos(table), tf.sin(table)

        def rotate_half(x):
            x1, x2 = x[..., : D // 2], x[..., D // 2:]
            return tf.concat([-x2, x1], axis=-1)

        x = tf.gather(emb, batch["tokens"])
        q, k = x @ Wq, x @ Wk
        q = q * cos + rotate_half(q) * sin
        k = k * cos + rotate_half(k) * sin
        return xent(attend(q, k, x), batch)

    lens = np.array([5, 3, 4])
    return {"reference": reference, "candidate": candidate,
            "batch": {"tokens": rng.integers(0, V, (B, T)).astype("int32"),
                      "targets": rng.integers(0, V, (B, T)).astype("int32"),
                      "positions": np.tile(np.arange(T), (B, 1)).astype("int32"),
                      "mask": (np.arange(T)[None] < lens[:, None]).astype(fx)},
            "variables": [emb, Wq, Wk]}
