"""SimCLR loss of a repository on relational reasoning: minus the log of the mean of the ratios where the mean of minus the logs is wanted.
Source: https://github.com/mpatacchiola/self-supervised-relational-reasoning/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return -tf.math.log(tf.reduce_mean(x))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    enc = keras.layers.Dense(4, activation="tanh", name="encoder")
    enc.build((None, 6))
    for v in enc.trainable_variables:
        v.assign(rng.normal(size=v.shape))
    temperature = 0.5

    def reference(batch):
        z = tf.math.l2_normalize(enc(tf.concat([batch["v1"], batch["v2"]], axis=0)), axis=1)
        n = batch["v1"].shape[0]
        logits = z @ tf.transpose(z) / temperature
        logits = tf.linalg.set_diag(logits, tf.fill([2 * n], tf.constant(-1e9, f)))
        partner = tf.concat([tf.range(n, 2 * n), tf.range(n)], axis=0)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=partner, logits=logits))

    def candidate(batch):
        class Model:
            def return_loss_fn(self, feats1, feats2):
                z = tf.concat([feats1, feats2], 0)
                size = feats1.shape[0]
                unit = z / tf.norm(z, axis=1, keepdims=True)
                sim = tf.exp(tf.einsum("id,jd->ij", unit, unit) / temperature)
                not_self = 1.0 - tf.eye(2 * size, dtype=f)
                denominator = tf.reduce_sum(sim * not_self, axis=1)
                positives = []
                for row in range(2 * size):
                    positives.append(sim[row, (row + size) % (2 * size)])
                x = tf.stack(positives) / denominator
                return -tf.math.log(tf.reduce_mean(x))

        return Model().return_loss_fn(enc(batch["v1"]), enc(batch["v2"]))

    batch = {"v1": rng.normal(size=(13, 6)).astype(f), "v2": rng.normal(size=(13, 6)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": enc.trainable_variables}
