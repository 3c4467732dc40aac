"""Keras' cifar10_cnn_capsule example: margin_loss returns one value per capsule without the sum over capsules, so the
framework averages over classes as well as over samples.
Source: https://github.com/keras-team/keras/issues/9519"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return y_true * K.square(K.relu(1 - margin - y_pred)) + lamb * (1 - y_true) * K.square(K.relu(y_pred - margin))",
    "same_forward_value": False,
}
DECAY = 0.05


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, classes, caps = 15, 6, 4, 3
    w = tf.Variable(rng.normal(size=(d, classes * caps)).astype(f) * 0.4, name="capsule_kernel")
    x = rng.normal(size=(n, d)).astype(f)
    y = np.eye(classes)[rng.integers(0, classes, n)].astype(f)

    def lengths(inputs):
        u = tf.reshape(inputs @ w, (-1, classes, caps))
        s = tf.reduce_sum(u ** 2, axis=-1)
        return tf.sqrt(s) * tf.sqrt(s) / (0.5 + s)

    def reference(batch):
        out = lengths(batch["x"])
        total = 0.0
        for i in range(n):
            for c in range(classes):
                if y[i, c] > 0:
                    total += tf.maximum(0.0, 0.9 - out[i, c]) ** 2
                else:
                    total += 0.5 * tf.maximum(0.0, out[i, c] - 0.1) ** 2
        return total / n + DECAY * tf.reduce_sum(w ** 2)

    def candidate(batch):
        K = keras.ops

        def margin_loss(y_true, y_pred):
            lamb, margin = 0.5, 0.1
            return y_true * K.square(K.relu(1 - margin - y_pred)) + lamb * (1 - y_true) * K.square(K.relu(y_pred - margin))

        def compiled_loss(y_true, y_pred):
            score_array = margin_loss(y_true, y_pred)
            return K.mean(score_array)

        penalty = K.sum(K.square(w)) * DECAY
        return compiled_loss(batch["y"], lengths(batch["x"])) + penalty

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [w]}
