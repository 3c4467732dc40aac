"""Layer norm of the embeddings takes its moments over fields and dimensions together; each field's embedding has to be normalised by itself.

Source (real): https://github.com/reczoo/FuxiCTR/issues/23
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'mean, var = tf.nn.moments(emb, axes=[1, 2], keepdims=True)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, fields, dim, vocab = 12, 4, 5, 15
    table = tf.Variable(rng.normal(size=(vocab, dim)).astype(np.float32), name="table")
    gamma = tf.Variable((1.0 + 0.2 * rng.normal(size=(fields, dim))).astype(np.float32), name="gamma")
    beta = tf.Variable((0.2 * rng.normal(size=(fields, dim))).astype(np.float32), name="beta")
    mask_dense = tf.keras.layers.Dense(fields * dim, activation="relu")
    out_dense = tf.keras.layers.Dense(1)
    mask_dense.build((None, fields * dim))
    out_dense.build((None, fields * dim))
    for layer in (mask_dense, out_dense):
        layer.kernel.assign((0.4 * rng.normal(size=layer.kernel.shape)).astype(np.float32))
        layer.bias.assign((0.1 * rng.normal(size=layer.bias.shape)).astype(np.float32))
    batch = {
        "ids": rng.integers(0, vocab, size=(n, fields)).astype(np.int32),
        "click": rng.integers(0, 2, size=(n, 1)).astype(np.float32),
    }

    def mask_block(flat_emb, normed, click):
        v_mask = mask_dense(flat_emb)
        hidden = v_mask * tf.reshape(normed, [n, fields * dim])
        logits = out_dense(hidden)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=click, logits=logits))

    def reference(b):
        e = tf.gather(table, b["ids"])
        normed = []
        for f in range(fields):
            ef = e[:, f]
            mu = tf.reduce_mean(ef, -1, keepdims=True)
            sd = tf.sqrt(tf.reduce_mean(tf.square(ef - mu), -1, keepdims=True) + 1e-5)
            normed.append((ef - mu) / sd * gamma[f] + beta[f])
        return mask_block(tf.reshape(e, [n, -1]), tf.stack(normed, 1), b["click"])

    def candidate(b):
        emb = tf.gather(table, b["ids"])
        mean, var = tf.nn.moments(emb, axes=[1, 2], keepdims=True)
        x_hat = (emb - mean) * tf.math.rsqrt(var + 1e-5)
        return mask_block(tf.reshape(emb, [n, fields * dim]), gamma * x_hat + beta, b["click"])

    return {"variables": [table, gamma, beta] + mask_dense.trainable_variables + out_dense.trainable_variables,
            "batch": batch, "reference": reference, "candidate": candidate}
