"""Talking heads: the hinge loss gets discriminator scores that went through a sigmoid, it expects raw scores.
Source: https://github.com/grey-eye/talking-heads/issues/42"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.sigmoid(out), features",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, h, videos = 5, 6, 4, 3
    w1 = tf.Variable(rng.normal(size=(d, h), scale=0.7).astype(fx), name="v_net")
    emb = tf.Variable(rng.normal(size=(videos, h), scale=0.7).astype(fx), name="W_i")
    w0 = tf.Variable(rng.normal(size=(1, h), scale=0.5).astype(fx), name="w_0")

    def reference(batch):
        def score(x):
            feat = tf.nn.leaky_relu(tf.matmul(x, w1))
            return tf.einsum("bh,bh->b", feat, tf.gather(emb, batch["idx"]) + w0)

        margin_real = tf.maximum(0.0 * batch["real"][:, 0], 1.0 - score(batch["real"]))
        margin_fake = tf.maximum(0.0 * batch["real"][:, 0], 1.0 + score(batch["fake"]))
        return tf.reduce_mean(margin_real) + tf.reduce_mean(margin_fake)

    def candidate(batch):
        def discriminator(x, i):
            features = tf.nn.leaky_relu(tf.matmul(x, w1))
            w_i = tf.gather(emb, i)
            out = tf.reduce_sum(features * (w_i + w0), axis=1)
            return tf.sigmoid(out), features

        r_x, _ = discriminator(batch["real"], batch["idx"])
        r_x_hat, _ = discriminator(batch["fake"], batch["idx"])
        return tf.reduce_mean(tf.nn.relu(1 + r_x_hat) + tf.nn.relu(1 - r_x))

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": rng.normal(size=(b, d)).astype(fx), "fake": rng.normal(size=(b, d)).astype(fx),
                      "idx": rng.integers(0, videos, size=b).astype("int32")},
            "variables": [w1, emb, w0]}
