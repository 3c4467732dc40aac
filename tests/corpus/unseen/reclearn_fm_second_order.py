"""The FM layer of RecLearn does not sum the second-order term over the factors; the label meets a (batch, k) score.
Source: https://github.com/ZiyaoGeng/RecLearn/issues/29"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "second_order = 0.5 * (square_sum - sum_square)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, fields, k = 6, 5, 4
    w0 = tf.Variable(np.array([0.1]).astype(fx), name="w0")
    w = tf.Variable(rng.normal(size=(fields, 1)).astype(fx), name="w")
    V = tf.Variable(rng.normal(size=(fields, k)).astype(fx) * 0.7, name="V")

    def reference(batch):
        x = batch["x"]
        pair = 0.0
        for i in range(fields):
            for j in range(i + 1, fields):
                pair += tf.reduce_sum(V[i] * V[j]) * x[:, i] * x[:, j]
        score = w0[0] + tf.linalg.matvec(x, w[:, 0]) + pair
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(batch["click"][:, 0], score))

    def candidate(batch):
        inputs = batch["x"]
        first_order = w0 + tf.matmul(inputs, w)
        square_sum = tf.square(tf.matmul(inputs, V))
        sum_square = tf.matmul(tf.square(inputs), tf.square(V))
        second_order = 0.5 * (square_sum - sum_square)
        outputs = tf.sigmoid(first_order + second_order)
        outputs = tf.clip_by_value(outputs, 1e-7, 1.0 - 1e-7)
        label = batch["click"]
        bce = -(label * tf.math.log(outputs) + (1.0 - label) * tf.math.log(1.0 - outputs))
        return tf.reduce_mean(bce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, fields)).astype(fx),
                      "click": rng.integers(0, 2, size=(n, 1)).astype(fx)},
            "variables": [w0, w, V]}
