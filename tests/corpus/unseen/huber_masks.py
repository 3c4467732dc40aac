"""The Huber loss multiplies the two branches with masks and adds them up; somebody holds that to be wrong,
it is not. Source: https://github.com/borgwang/tinynn/issues/26"""
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

    n, d, k = 6, 3, 2
    x_np = normal(n, d)
    actual = normal(n, k, scale=2.0)
    valid = np.array([1, 1, 0, 1, 1, 1]).astype(fx)
    w = var("w", d, k)
    delta = 0.8

    def reference(batch):
        total = 0.0
        for i in range(n):
            for j in range(k):
                e = tf.reduce_sum(batch["x"][i] * w[:, j]) - batch["actual"][i, j]
                if tf.abs(e) < delta:
                    total += batch["valid"][i] * 0.5 * e ** 2
                else:
                    total += batch["valid"][i] * (delta * tf.abs(e) - 0.5 * delta ** 2)
        return total / n

    def candidate(batch):
        predicted = batch["x"] @ w
        l1_dist = tf.abs(predicted - batch["actual"])
        mse_mask = tf.cast(l1_dist < delta, l1_dist.dtype)
        mae_mask = 1.0 - mse_mask
        mse = 0.5 * tf.square(predicted - batch["actual"])
        mae = delta * l1_dist - 0.5 * delta ** 2
        per_row = tf.reduce_sum(mse * mse_mask + mae * mae_mask, axis=1)
        return tf.reduce_sum(per_row * batch["valid"]) / tf.cast(tf.shape(predicted)[0], predicted.dtype)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x_np, "actual": actual, "valid": valid}, "variables": [w]}
