"""Suspected: the BPR update should use the derivative of the sigmoid. The factor is 1/(1+exp(x)), the
derivative of the log sigmoid written otherwise. Source: https://github.com/zenogantner/MyMediaLite/pull/463"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    u, m, f, n = 4, 6, 3, 5
    trips = np.stack([rng.integers(0, u, n), rng.integers(0, 3, n), rng.integers(3, m, n)], 1).astype("int32")
    conf = rng.random(n).astype(fx) + 0.5
    conf = conf.astype(fx)
    P = var("P", u, f)
    Q = var("Q", m, f)
    bias = var("bias", m)

    def reference(batch):
        loss = 0.0
        for k in range(n):
            a, i, j = (int(v) for v in batch["trips"][k])
            x = bias[i] - bias[j] + tf.reduce_sum(P[a] * (Q[i] - Q[j]))
            loss -= batch["conf"][k] * tf.math.log(tf.sigmoid(x))
            loss += 0.05 * (tf.reduce_sum(P[a] ** 2) + tf.reduce_sum(Q[i] ** 2) + tf.reduce_sum(Q[j] ** 2))
        return loss / n

    def candidate(batch):
        @tf.custom_gradient
        def neg_log_sigmoid(x):
            def grad(up):
                one_over_one_plus_ex = 1.0 / (1.0 + tf.exp(x))
                return -up * one_over_one_plus_ex
            return tf.nn.softplus(-x), grad

        user = tf.gather(P, batch["trips"][:, 0])
        pos, neg = tf.gather(Q, batch["trips"][:, 1]), tf.gather(Q, batch["trips"][:, 2])
        b_diff = tf.gather(bias, batch["trips"][:, 1]) - tf.gather(bias, batch["trips"][:, 2])
        x_uij = b_diff + tf.reduce_sum(user * (pos - neg), axis=1)
        reg = tf.reduce_sum(user ** 2 + pos ** 2 + neg ** 2, axis=1)
        return tf.reduce_mean(batch["conf"] * neg_log_sigmoid(x_uij) + 0.05 * reg)

    return {"reference": reference, "candidate": candidate,
            "batch": {"trips": trips, "conf": conf}, "variables": [P, Q, bias]}
