"""Multi-head self-attention divides the energy by sqrt(embed_size) where sqrt(head_dim) belongs.
Source: https://github.com/aladdinpersson/Machine-Learning-Collection/issues/65"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "attention = tf.nn.softmax(energy / (embed_size ** (1 / 2)), axis=3)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, length, embed_size, heads = 3, 5, 8, 4
    head_dim = embed_size // heads
    x = (1.5 * rng.normal(size=(n, length, embed_size))).astype(fx)
    y = rng.normal(size=(n, length, embed_size)).astype(fx)
    mask = np.ones((n, 1, 1, length))
    mask[1, ..., -2:] = 0
    wq, wk, wv = [tf.Variable((0.9 * rng.normal(size=(embed_size, embed_size))).astype(fx), name=m)
                  for m in ("queries", "keys", "values")]
    fc = tf.Variable((0.5 * rng.normal(size=(embed_size, embed_size))).astype(fx), name="fc_out")

    def reference(batch):
        q, k, v = batch["x"] @ wq, batch["x"] @ wk, batch["x"] @ wv
        outs = []
        for h in range(heads):
            sl = slice(h * head_dim, (h + 1) * head_dim)
            scores = tf.matmul(q[..., sl], k[..., sl], transpose_b=True) / np.sqrt(head_dim)
            scores = tf.where(batch["mask"][:, 0] > 0, scores, -1e9)
            outs.append(tf.nn.softmax(scores) @ v[..., sl])
        pred = tf.concat(outs, axis=-1) @ fc
        return tf.reduce_mean(tf.square(pred - batch["y"]))

    def candidate(batch):
        values = tf.reshape(batch["x"] @ wv, (n, length, heads, head_dim))
        keys = tf.reshape(batch["x"] @ wk, (n, length, heads, head_dim))
        queries = tf.reshape(batch["x"] @ wq, (n, length, heads, head_dim))

        energy = tf.einsum("nqhd,nkhd->nhqk", queries, keys)
        energy = tf.where(batch["mask"] == 0, tf.constant(-1e9, energy.dtype), energy)
        attention = tf.nn.softmax(energy / (embed_size ** (1 / 2)), axis=3)

        out = tf.einsum("nhql,nlhd->nqhd", attention, values)
        out = tf.reshape(out, (n, length, heads * head_dim)) @ fc
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y, "mask": mask.astype(fx)}, "variables": [wq, wk, wv, fc]}
