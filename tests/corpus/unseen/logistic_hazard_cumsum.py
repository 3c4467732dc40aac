"""nll_logistic_hazard sums the binary cross entropy of all intervals and picks by cumsum; censored individuals were suspected to count after their time. Source: https://github.com/havakv/pycox/issues/129"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, m = 7, 4, 5
    w = var("w", d, m)
    b = var("b", m)

    def reference(batch):
        h = tf.sigmoid(batch["x"] @ w + b)
        ll = 0.0
        for j in range(m):
            before = tf.cast(batch["idx"] > j, h.dtype)
            here = tf.cast(batch["idx"] == j, h.dtype)
            e = batch["event"]
            ll += tf.reduce_sum(before * tf.math.log(1.0 - h[:, j]))
            ll += tf.reduce_sum(here * (e * tf.math.log(h[:, j]) + (1.0 - e) * tf.math.log(1.0 - h[:, j])))
        return -ll / n

    def candidate(batch):
        phi = tf.nn.bias_add(tf.matmul(batch["x"], w), b)
        idx_durations = tf.reshape(batch["idx"], [-1, 1])
        y_bce = tf.one_hot(batch["idx"], m, dtype=phi.dtype) * batch["event"][:, None]
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=y_bce, logits=phi)
        loss = tf.gather(tf.cumsum(bce, axis=1), idx_durations, axis=1, batch_dims=1)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "idx": rng.integers(0, m, n),
                      "event": np.array([1, 0, 1, 1, 0, 1, 0]).astype(fx)},
            "variables": [w, b]}
