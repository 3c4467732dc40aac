"""Hierarchical loss: the dependency term is built from argmax predictions, so none of it reaches the network.
Source: https://github.com/Ugenteraan/Deep_Hierarchical_Classification/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "return tf.one_hot(tf.argmax(logits, axis=1), logits.shape[1], dtype=logits.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, coarse, fine, beta = 6, 7, 2, 5, 0.8
    trunk = keras.layers.Dense(8, activation="relu", name="trunk")
    h1 = keras.layers.Dense(coarse, name="h1")
    h2 = keras.layers.Dense(fine, name="h2")
    trunk.build((n, d))
    h1.build((n, 8))
    h2.build((n, 8))
    parent = np.array([0, 0, 1, 1, 1])

    def reference(batch):
        f = trunk(batch["x"])
        a, b = h1(f), h2(f)
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y1"], a))
        ce += tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y2"], b))
        pa, pb = tf.nn.softmax(a), tf.nn.softmax(b)
        agree = 0.0
        for k in range(fine):
            agree += pa[:, int(parent[k])] * pb[:, k]
        return ce + beta * tf.reduce_mean(1.0 - agree)

    def candidate(batch):
        child_of = tf.one_hot(parent, coarse, dtype=fx)

        def level_prediction(logits):
            return tf.one_hot(tf.argmax(logits, axis=1), logits.shape[1], dtype=logits.dtype)

        def calculate_dloss(predictions):
            prev_pred = level_prediction(predictions[0])
            curr_pred = level_prediction(predictions[1])
            consistent = tf.reduce_sum(prev_pred * tf.matmul(curr_pred, child_of), axis=1)
            return beta * tf.reduce_mean(1.0 - consistent)

        def calculate_lloss(predictions, labels):
            lloss = 0.0
            for logits, label in zip(predictions, labels):
                lloss += tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(label, logits, from_logits=True))
            return lloss

        features = trunk(batch["x"])
        predictions = [h1(features), h2(features)]
        lloss = calculate_lloss(predictions, [batch["y1"], batch["y2"]])
        dloss = calculate_dloss(predictions)
        return lloss + dloss

    y2 = rng.integers(0, fine, size=n)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y1": parent[y2], "y2": y2},
            "variables": trunk.trainable_variables + h1.trainable_variables + h2.trainable_variables}
