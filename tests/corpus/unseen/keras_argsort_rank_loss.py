"""A sentence-ordering loss compares argsort ranks of the prediction with the true ranks; argsort has no gradient, so only the
auxiliary regression term still trains the model. Source: https://github.com/keras-team/keras/issues/16663"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "predicted_orders = tf.cast(tf.argsort(tf.argsort(y_pred)), tf.float32)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, cells, d = 5, 6, 8
    x = rng.normal(size=(n, cells, d)).astype("float32")
    order = np.stack([rng.permutation(cells) for _ in range(n)]).astype("float32")

    inputs = keras.Input((cells, d))
    h = keras.layers.Dense(10, activation="relu")(inputs)
    att = keras.layers.MultiHeadAttention(2, 4)(h, h)
    h = keras.layers.LayerNormalization()(keras.layers.Add()([h, att]))
    out = keras.layers.Reshape((cells,))(keras.layers.Dense(1)(h))
    model = keras.Model(inputs, out)
    tau = 0.3

    def regression(y_pred, y_true):
        return tf.reduce_mean(tf.square(y_pred - y_true / cells))

    def reference(batch):
        s = model(batch["x"])
        diff = (s[:, :, None] - s[:, None, :]) / tau
        soft_rank = tf.reduce_sum(tf.sigmoid(diff), axis=-1) - 0.5
        rank_loss = tf.reduce_sum(tf.abs(soft_rank - batch["order"]), axis=-1)
        return tf.reduce_mean(rank_loss) + regression(s, batch["order"])

    def candidate(batch):
        y_pred = model(batch["x"])
        actual_orders = tf.cast(tf.argsort(tf.argsort(batch["order"])), tf.float32)
        predicted_orders = tf.cast(tf.argsort(tf.argsort(y_pred)), tf.float32)
        rank_loss = tf.reduce_sum(tf.abs(actual_orders - predicted_orders), axis=-1)
        return tf.reduce_mean(rank_loss) + regression(y_pred, batch["order"])

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "order": order},
            "variables": model.trainable_variables}
