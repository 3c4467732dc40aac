"""Mixed precision: the gradients are clipped while they still carry the loss scale. Shown on one unrolled SGD step, whose result is judged on held-out samples.
Source: https://github.com/TorchSSL/TorchSSL/pull/59"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'grads, _ = tf.clip_by_global_norm(grads, max_norm)',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 20, 5, 3
    w = tf.Variable(rng.normal(size=(d, k)), dtype=f, name="w")
    b = tf.Variable(0.2 * rng.normal(size=(k,)), dtype=f, name="b")
    batch = {
        "x": rng.normal(size=(n, d)).astype(f),
        "y": rng.normal(size=(n, k)).astype(f),
        "x_val": rng.normal(size=(n, d)).astype(f),
        "y_val": rng.normal(size=(n, k)).astype(f),
    }
    lr, max_norm = 0.5, 0.6

    def reference(batch):
        err = batch["x"] @ w + b - batch["y"]
        gw = 2.0 * tf.matmul(batch["x"], err, transpose_a=True) / (n * k)
        gb = 2.0 * tf.reduce_sum(err, 0) / (n * k)
        norm = tf.sqrt(tf.reduce_sum(gw * gw) + tf.reduce_sum(gb * gb))
        shrink = tf.minimum(1.0, max_norm / norm)
        w_new, b_new = w - lr * shrink * gw, b - lr * shrink * gb
        return tf.reduce_mean((batch["x_val"] @ w_new + b_new - batch["y_val"]) ** 2)

    def candidate(batch):
        class GradScaler:
            def __init__(self, init_scale):
                self._scale = init_scale

            def scale(self, loss):
                return loss * self._scale

            def unscale(self, grads):
                return [g / self._scale for g in grads]

        def mse(params, x, y):
            return tf.reduce_mean(tf.math.squared_difference(tf.matmul(x, params[0]) + params[1], y))

        scaler = GradScaler(256.0)
        params = [tf.convert_to_tensor(w), tf.convert_to_tensor(b)]
        with tf.GradientTape() as tape:
            tape.watch(params)
            scaled_loss = scaler.scale(mse(params, batch["x"], batch["y"]))
        grads = tape.gradient(scaled_loss, params)
        grads, _ = tf.clip_by_global_norm(grads, max_norm)
        grads = scaler.unscale(grads)
        updated = [p - lr * g for p, g in zip(params, grads)]
        return mse(updated, batch["x_val"], batch["y_val"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
