"""NT-Xent with an all-zero embedding in the batch: replacing the NaN similarities by 0 with `where` after the division
mends the value, but the gradient of 0 / 0 is still NaN.
Source: https://github.com/google-deepmind/optax/pull/946"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "xcs = (embeddings @ tf.transpose(embeddings)) / (norm_emb * tf.transpose(norm_emb)) / temperature",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, hid, dim = 12, 6, 5, 4
    w1 = tf.Variable(rng.normal(size=(feat, hid)).astype(f) * 0.6, name="w1")
    w2 = tf.Variable(rng.normal(size=(hid, dim)).astype(f), name="w2")
    x = rng.normal(size=(n, feat))
    x[4] = 0.0
    batch = {"x": x.astype(f), "labels": (np.arange(n) % 3).astype("int32")}

    def encode(x):
        return tf.matmul(tf.tanh(tf.matmul(x, w1)), w2)

    def reference(batch):
        z = tf.math.l2_normalize(encode(batch["x"]), axis=1)
        sim = tf.matmul(z, z, transpose_b=True) / 0.5
        y = batch["labels"]
        others = 1.0 - tf.eye(n, dtype=f)
        same = tf.cast(y[:, None] == y[None, :], f) * others
        different = tf.cast(y[:, None] != y[None, :], f)
        negatives = tf.reduce_sum(different * tf.exp(sim), axis=1, keepdims=True)
        pair_loss = tf.math.log(tf.exp(sim) + negatives) - sim
        return tf.reduce_sum(same * pair_loss) / tf.reduce_sum(same)

    def candidate(batch):
        def ntxent(embeddings, labels, temperature=0.5):
            norm_emb = tf.norm(embeddings, axis=1, keepdims=True)
            xcs = (embeddings @ tf.transpose(embeddings)) / (norm_emb * tf.transpose(norm_emb)) / temperature
            xcs = tf.where(tf.math.is_nan(xcs), tf.zeros_like(xcs), xcs)
            labels1 = tf.expand_dims(labels, 0)
            labels2 = tf.expand_dims(labels, 1)
            matches = tf.equal(labels1, labels2)
            diffs = tf.cast(tf.logical_not(matches), f)
            matches = tf.cast(tf.logical_and(matches, tf.logical_not(tf.eye(n, dtype=tf.bool))), f)
            xcs_diffs = diffs * tf.exp(xcs)
            neg = tf.reduce_sum(xcs_diffs, axis=1)
            rows = []
            for i in range(n):
                exps = tf.exp(xcs[i])
                rows.append(tf.reduce_sum(-matches[i] * tf.math.log(exps / (exps + neg[i]))))
            return tf.add_n(rows) / tf.reduce_sum(matches)

        return ntxent(encode(batch["x"]), batch["labels"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}
