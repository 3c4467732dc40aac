"""Multi-head attention of SASRec: heads are folded into the batch axis with the head as the slow index, the mask is
repeated with the head as the fast one. Source: https://github.com/ZiyaoGeng/RecLearn/issues/54"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "mask = tf.repeat(mask, num_heads, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, dm, num_heads = 3, 5, 4, 2
    dk = dm // num_heads
    wq = tf.Variable(rng.normal(size=(dm, dm)).astype(fx), name="wq")
    wk = tf.Variable(rng.normal(size=(dm, dm)).astype(fx), name="wk")
    wv = tf.Variable(rng.normal(size=(dm, dm)).astype(fx), name="wv")
    valid = (np.arange(t)[None] < np.array([2, 5, 3])[:, None]).astype(fx)

    def reference(batch):
        loss = 0.0
        for i in range(b):
            length = int(valid[i].sum())
            x = batch["x"][i, :length]
            heads = []
            for h in range(num_heads):
                cols = slice(h * dk, (h + 1) * dk)
                q, k, v = x @ wq[:, cols], x @ wk[:, cols], x @ wv[:, cols]
                heads.append(tf.nn.softmax(q @ tf.transpose(k) / dk ** 0.5) @ v)
            out = tf.concat(heads, -1)
            loss += tf.reduce_sum(tf.square(out - batch["y"][i, :length]))
        return loss / valid.sum().astype(fx)

    def candidate(batch):
        x, mask = batch["x"], batch["mask"]

        def split_heads(z):
            return tf.concat(tf.split(z, num_heads, axis=2), axis=0)

        q = split_heads(tf.tensordot(x, wq, axes=1))
        k = split_heads(tf.tensordot(x, wk, axes=1))
        v = split_heads(tf.tensordot(x, wv, axes=1))
        mask = tf.repeat(mask, num_heads, axis=0)
        mat_qk = tf.matmul(q, k, transpose_b=True)
        scaled = mat_qk / dk ** 0.5
        padding = tf.ones_like(scaled) * (-1e9)
        outputs = tf.where(mask[:, None, :] > 0, scaled, padding)
        attention = tf.matmul(tf.nn.softmax(outputs, axis=-1), v)
        merged = tf.concat(tf.split(attention, num_heads, axis=0), axis=2)
        err = tf.reduce_sum(tf.square(merged - batch["y"]), axis=-1)
        return tf.reduce_sum(err * batch["mask"]) / tf.reduce_sum(batch["mask"])

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(b, t, dm)).astype(fx), "y": rng.normal(size=(b, t, dm)).astype(fx),
            "mask": valid,
        },
        "variables": [wq, wk, wv],
    }
