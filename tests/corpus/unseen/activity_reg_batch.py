"""The activity regulariser's value was not divided by the batch size, so its strength grows with the batch.
Source: https://github.com/keras-team/keras/issues/22018"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "losses.append(activity_reg(x))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    n, sizes = 8, [4, 6, 3]
    kernels = [tf.Variable(rng.normal(size=(i, o)) * 0.6, dtype=dt, name=f"kernel_{k}")
               for k, (i, o) in enumerate(zip(sizes[:-1], sizes[1:]))]
    l1, l2 = 0.01, 0.05

    def reference(batch):
        h1 = tf.tanh(batch["x"] @ kernels[0])
        logits = h1 @ kernels[1]
        data = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))
        weights = l1 * (tf.reduce_sum(tf.abs(kernels[0])) + tf.reduce_sum(tf.abs(kernels[1])))
        activity = l2 * (tf.reduce_sum(h1 ** 2) + tf.reduce_sum(logits ** 2)) / n
        return data + weights + activity

    def candidate(batch):
        def kernel_reg(w):
            return l1 * tf.reduce_sum(tf.abs(w))

        def activity_reg(z):
            return l2 * tf.reduce_sum(tf.square(z))

        losses = []
        x = batch["x"]
        for depth, kernel in enumerate(kernels):
            x = x @ kernel
            if depth < len(kernels) - 1:
                x = tf.tanh(x)
            losses.append(kernel_reg(kernel))
            losses.append(activity_reg(x))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=x)
        return tf.reduce_mean(ce) + tf.add_n(losses)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, 4)).astype(dt), "y": rng.integers(0, 3, size=n)},
            "variables": kernels}
