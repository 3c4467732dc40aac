"""PHM-Vibench: the InfoNCE of the label-free pretraining is 0 all the time; the two halves of the batch are the two views.
Source: https://github.com/PHMbench/PHM-Vibench/pull/36"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "positive_mask = tf.eye(batch_size, dtype=sim.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e, temp = 4, 10, 5, 0.5
    enc = keras.layers.Dense(8, activation="gelu", name="enc")
    proj = keras.layers.Dense(e, name="proj")
    enc.build((None, d))
    proj.build((None, 8))

    def reference(batch):
        z = tf.math.l2_normalize(proj(enc(tf.concat([batch["view_a"], batch["view_b"]], 0))), axis=-1)
        s = z @ tf.transpose(z) / temp
        out = []
        for i in range(2 * n):
            partner = (i + n) % (2 * n)
            row = tf.gather(s[i], [j for j in range(2 * n) if j != i])
            out.append(tf.reduce_logsumexp(row) - s[i, partner])
        return tf.add_n(out) / (2 * n)

    def candidate(batch):
        features = tf.concat([batch["view_a"], batch["view_b"]], axis=0)
        features = proj(enc(features))
        features = tf.math.l2_normalize(features, axis=-1)
        batch_size = features.shape[0]
        sim = tf.matmul(features, features, transpose_b=True) / temp
        self_mask = tf.eye(batch_size, dtype=sim.dtype)
        positive_mask = tf.eye(batch_size, dtype=sim.dtype)
        positive_mask = positive_mask * (1.0 - self_mask)
        exp_sim = tf.exp(sim) * (1.0 - self_mask)
        log_prob = sim - tf.math.log(tf.reduce_sum(exp_sim, axis=1, keepdims=True))
        num_pos = tf.maximum(tf.reduce_sum(positive_mask, axis=1), 1.0)
        loss = -tf.reduce_sum(positive_mask * log_prob, axis=1) / num_pos
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"view_a": rng.standard_normal((n, d)).astype(f),
                      "view_b": rng.standard_normal((n, d)).astype(f)},
            "variables": enc.trainable_variables + proj.trainable_variables}
