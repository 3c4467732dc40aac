"""DPN turns prototype similarities into assignment weights with a softmax over the batch instead of the prototypes.
Source: https://github.com/Lackel/DPN/issues/1"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "weights = tf.nn.softmax(sim / temperature, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, d_in, d, k = 6, 5, 4, 3
    temperature = 0.3
    w = tf.Variable(rng.normal(size=(d_in, d)).astype(fx), name="w")
    protos = tf.Variable(rng.normal(size=(k, d)).astype(fx), name="protos")

    def reference(batch):
        z = tf.math.l2_normalize(tf.tanh(batch["x"] @ w), axis=1)
        c = tf.math.l2_normalize(protos, axis=1)
        total = 0.0
        for i in range(n):
            logits = tf.linalg.matvec(c, z[i]) / temperature
            p = tf.exp(logits - tf.reduce_logsumexp(logits))
            mixed = tf.reduce_sum(p[:, None] * c, axis=0)
            total += tf.reduce_sum(tf.square(z[i] - mixed)) - 0.5 * tf.reduce_sum(batch["soft"][i] * tf.math.log(p))
        return total / n

    def candidate(batch):
        feats = tf.math.l2_normalize(tf.tanh(batch["x"] @ w), axis=-1)
        centers = tf.math.l2_normalize(protos, axis=-1)
        sim = tf.matmul(feats, centers, transpose_b=True)
        weights = tf.nn.softmax(sim / temperature, axis=0)
        recon = tf.matmul(weights, centers)
        proto_loss = tf.reduce_sum(tf.square(feats - recon), axis=-1)
        ce = -tf.reduce_sum(batch["soft"] * tf.math.log(weights), axis=-1)
        return tf.reduce_mean(proto_loss + 0.5 * ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d_in)).astype(fx),
                      "soft": rng.dirichlet(np.ones(k), size=n).astype(fx)},
            "variables": [w, protos]}
