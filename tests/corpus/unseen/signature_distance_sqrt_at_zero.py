"""SigNet's loss turns to NaN after some steps: the Euclidean distance takes the square root of a sum that is exactly zero
for two equal inputs (a pair of empty scans); the mended one keeps it above a small floor (here 1e-24, Keras' epsilon there).
Source: https://github.com/sounakdey/SigNet/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return tf.sqrt(tf.reduce_sum(tf.square(x - y), axis=1, keepdims=True))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, dim, hidden, emb = 16, 6, 5, 4
    first = keras.layers.Dense(hidden, activation="tanh", name="base_1")
    second = keras.layers.Dense(emb, name="base_2")
    first.build((None, dim))
    second.build((None, hidden))
    left = rng.standard_normal((n, dim))
    right = rng.standard_normal((n, dim))
    genuine = (np.arange(n) % 2).astype(f)
    right[1] = left[1]                     # the same scan twice
    left[6] = right[6] = 0.0               # two empty scans, labelled as a forgery
    batch = {"left": left.astype(f), "right": right.astype(f), "genuine": genuine}

    def reference(batch):
        gap = second(first(batch["left"])) - second(first(batch["right"]))
        sq = tf.einsum("ne,ne->n", gap, gap)
        dist = tf.sqrt(tf.maximum(sq, 1e-24))
        pull = tf.where(batch["genuine"] > 0.5, sq, tf.zeros_like(sq))
        push = tf.where(batch["genuine"] > 0.5, tf.zeros_like(sq), tf.nn.relu(1.5 - dist) ** 2)
        return tf.reduce_mean(pull + push)

    def candidate(batch):
        def euclidean_distance(vects):
            x, y = vects
            return tf.sqrt(tf.reduce_sum(tf.square(x - y), axis=1, keepdims=True))

        def contrastive_loss(y_true, y_pred):
            margin = 1.5
            attract = y_true * tf.square(y_pred)
            repel = (1 - y_true) * tf.square(tf.maximum(margin - y_pred, 0))
            return tf.reduce_mean(attract + repel)

        def base_network(image):
            for layer in (first, second):
                image = layer(image)
            return image

        processed_a = base_network(batch["left"])
        processed_b = base_network(batch["right"])
        distance = euclidean_distance([processed_a, processed_b])
        return contrastive_loss(batch["genuine"][:, None], distance)

    variables = [first.kernel, first.bias, second.kernel]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
