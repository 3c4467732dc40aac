"""Backward of prod(): it returns result / input and drops the gradient that comes in, so that -prod(x) gets the gradient of +prod(x).
Source: https://github.com/pytorch/pytorch/issues/995"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "grad_input = tf.expand_dims(result, -1) / t",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 13, 4, 3
    x = rng.uniform(0.2, 1.0, (n, d)).astype(f)
    kernel = tf.Variable(rng.standard_normal((d, k)) * 0.4, dtype=f, name="kernel")
    offset = tf.Variable(rng.standard_normal((k,)) * 0.2, dtype=f, name="offset")

    def reference(batch):
        # probability that all k independent components work, to be maximised
        p = tf.sigmoid(batch["x"] @ kernel + offset)
        all_work = p[:, 0]
        for j in range(1, k):
            all_work = all_work * p[:, j]
        return -tf.reduce_mean(all_work)

    def candidate(batch):
        @tf.custom_gradient
        def prod(t):
            result = tf.reduce_prod(t, axis=-1)

            def backward(grad_output):
                grad_input = tf.expand_dims(result, -1) / t
                return grad_input

            return result, backward

        works = keras.ops.sigmoid(tf.einsum("nd,dk->nk", batch["x"], kernel) + offset)
        return -keras.ops.mean(prod(works))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x}, "variables": [kernel, offset]}
