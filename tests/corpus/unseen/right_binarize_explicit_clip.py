"""Refactoring of a binarising quantiser: the clip in the forward pass is replaced by an explicit mask in a custom gradient. Right: it is the gradient of clip_by_value.
Source: https://github.com/larq/larq/pull/267"""
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
    f = keras.config.floatx()
    n, d, k = 16, 6, 4
    w = tf.Variable(rng.normal(size=(d, k)), dtype=f, name="w")
    s = tf.Variable(rng.uniform(0.5, 1.5, size=(k,)), dtype=f, name="s")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.normal(size=(n, k)).astype(f)}
    clip_value = 1.0

    def reference(batch):
        soft = tf.clip_by_value(w, -clip_value, clip_value)
        hard = tf.where(soft >= 0, tf.ones_like(soft), -tf.ones_like(soft))
        binary = soft + tf.stop_gradient(hard - soft)
        return tf.reduce_mean((batch["x"] @ binary * s - batch["y"]) ** 2)

    def candidate(batch):
        def _clipped_gradient(x, dy):
            zeros = tf.zeros_like(dy)
            mask = tf.math.less_equal(tf.math.abs(x), clip_value)
            return tf.where(mask, dy, zeros)

        @tf.custom_gradient
        def ste_sign(x):
            def grad(dy):
                return _clipped_gradient(x, dy)

            return tf.sign(tf.sign(x) + 0.1), grad

        kernel = ste_sign(tf.convert_to_tensor(w))
        out = tf.einsum("nd,dk,k->nk", batch["x"], kernel, s)
        return tf.reduce_sum(tf.math.squared_difference(out, batch["y"])) / (n * k)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, s]}
