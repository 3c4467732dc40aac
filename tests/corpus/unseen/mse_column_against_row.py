"""MSELoss of a prediction of shape (N, 1) against targets of shape (N): the difference is (N, N). Here the regressor looks at
image features.
Source: https://github.com/pytorch/pytorch/issues/19699"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'diff = output - batch["score"]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, hh, ww, c = 20, 4, 3, 5
    image = rng.normal(size=(n, hh, ww, 2)).astype(f)
    score = rng.normal(size=(n,)).astype(f)
    kernel = tf.Variable(rng.normal(size=(2, c)).astype(f), name="kernel")
    fc = tf.Variable(rng.normal(size=(c, 1)).astype(f), name="fc")

    def reference(batch):
        total = tf.constant(0.0, f)
        for i in range(n):
            pooled = tf.reduce_mean(tf.nn.softplus(tf.reshape(batch["image"][i], (-1, 2)) @ kernel), axis=0)
            total += (tf.tensordot(pooled, fc, 1)[0] - batch["score"][i]) ** 2
        return total / n

    def candidate(batch):
        x = tf.nn.softplus(tf.einsum("nhwi,ic->nhwc", batch["image"], kernel))
        x = tf.reduce_mean(x, axis=(1, 2))
        output = x @ fc
        diff = output - batch["score"]
        return tf.reduce_mean(tf.square(diff))

    return {"reference": reference, "candidate": candidate, "batch": {"image": image, "score": score}, "variables": [kernel, fc]}
