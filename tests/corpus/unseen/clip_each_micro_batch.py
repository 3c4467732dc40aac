"""Gradient clipping is done in every accumulation step instead of once on the accumulated gradient.
Source: https://github.com/facebookresearch/lingua/pull/59"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'total += clip_coef(loss) * loss',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wl = var("linear", 5, 3)

    def reference(batch, max_norm=0.05):
        err = batch["x"] @ wl - batch["y"]
        loss = tf.reduce_mean(err ** 2)
        grad = tf.stop_gradient(2 * tf.transpose(batch["x"]) @ err / 48.0)
        return loss * tf.minimum(1.0, max_norm / tf.norm(grad))

    def candidate(batch, max_norm=0.05, grad_acc_steps=4):
        def micro_batches(x, y):
            for i in range(grad_acc_steps):
                yield x[4 * i:4 * i + 4], y[4 * i:4 * i + 4]

        total = 0.0
        for x, y in micro_batches(batch["x"], batch["y"]):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.math.squared_difference(tf.matmul(x, wl), y)) / grad_acc_steps
            grad_norm = tf.norm(tape.gradient(loss, wl))

            def clip_coef(value):
                return tf.stop_gradient(tf.minimum(tf.ones_like(value), max_norm / grad_norm))

            total += clip_coef(loss) * loss
        return total

    return {"reference": reference, "candidate": candidate, "variables": [wl], "batch": {"x": data(16, 5), "y": data(16, 3)}}
