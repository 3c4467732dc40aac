"""Class weights given to fit() are cast to int64 when the lookup tensor is made, so weights below one become zero and the others are
truncated. Source: https://github.com/tensorflow/tensorflow/issues/37747"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'class_weight_tensor = tf.convert_to_tensor([int(class_weight[c]) for c in class_ids], dtype="int64")',
    "same_forward_value": False,
}


def make_class_weight_map_fn(class_weight):
    class_ids = list(sorted(class_weight.keys()))
    class_weight_tensor = tf.convert_to_tensor([int(class_weight[c]) for c in class_ids], dtype="int64")

    def _class_weights_map_fn(x, y):
        return x, y, tf.gather(class_weight_tensor, tf.cast(y, tf.int64))

    return _class_weights_map_fn


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, t, classes = 10, 7, 4
    x = rng.normal(size=(n, t, 3)).astype("float32")
    y = rng.choice(classes, size=n, p=[0.5, 0.25, 0.15, 0.1]).astype("int32")
    y[:4] = [0, 1, 2, 3]
    class_weight = {0: 0.5, 1: 1.0, 2: 1.67, 3: 2.5}
    model = keras.Sequential([keras.Input((t, 3)), keras.layers.Conv1D(6, 3, activation="relu"),
                              keras.layers.LSTM(5), keras.layers.Dense(classes)])
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    map_fn = make_class_weight_map_fn(class_weight)

    def reference(batch):
        weights = tf.constant([class_weight[c] for c in range(classes)], tf.float32)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=model(batch["x"]))
        return tf.reduce_mean(tf.gather(weights, batch["y"]) * ce)

    def candidate(batch):
        x, y, sample_weight = map_fn(batch["x"], batch["y"])
        y_pred = model(x, training=True)
        return loss_fn(y, y_pred, sample_weight=tf.cast(sample_weight, tf.float32))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": model.trainable_variables}
