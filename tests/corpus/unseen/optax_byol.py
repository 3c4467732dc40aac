"""BYOL loss: the target projections are differentiable, nothing in the loss stops their gradient.
Source: https://github.com/google-deepmind/optax/pull/1531"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "target = unit(projections, eps)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e = 5, 8, 6
    f = keras.layers.Dense(e, activation="tanh", name="f")
    q = keras.layers.Dense(e, name="q")
    f.build((n, d))
    q.build((n, e))

    def reference(batch):
        z1, z2 = f(batch["v1"]), f(batch["v2"])
        p1, p2 = q(z1), q(z2)
        z1, z2 = tf.stop_gradient(z1), tf.stop_gradient(z2)
        a = keras.losses.cosine_similarity(z2, p1)
        b = keras.losses.cosine_similarity(z1, p2)
        return tf.reduce_mean(2 + 2 * a) + tf.reduce_mean(2 + 2 * b)

    def candidate(batch):
        def unit(x, eps):
            return x / tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(x), axis=-1, keepdims=True), eps))

        def byol_loss(predictions, projections, eps=1e-12):
            online = unit(predictions, eps)
            target = unit(projections, eps)
            return 2.0 - 2.0 * tf.reduce_sum(online * target, axis=-1)

        proj_one, proj_two = f(batch["v1"]), f(batch["v2"])
        loss = byol_loss(q(proj_one), proj_two) + byol_loss(q(proj_two), proj_one)
        return tf.reduce_mean(loss)

    x = rng.normal(size=(n, d))
    return {"reference": reference, "candidate": candidate,
            "batch": {"v1": (x + 0.3 * rng.normal(size=(n, d))).astype(fx), "v2": (x + 0.3 * rng.normal(size=(n, d))).astype(fx)},
            "variables": f.trainable_variables + q.trainable_variables}
