"""Distance between the batch's sample losses and a normal distribution: the per-sample losses are collected with float(), so that term has no gradient. Source: https://github.com/tensorflow/tensorflow/issues/30190"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "losses.append(float(loss))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, d, classes = 10, 4, 3
    mu, sigma = 0.8, 0.3
    model = tf.keras.Sequential([
        tf.keras.layers.Input((d,)),
        tf.keras.layers.Dense(10, activation="relu", kernel_regularizer=tf.keras.regularizers.L2(1e-3)),
        tf.keras.layers.Dense(10, activation="relu", kernel_regularizer=tf.keras.regularizers.L2(1e-3)),
        tf.keras.layers.Dense(classes),
    ])
    loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)
    quantiles = tf.constant([-1.6449, -1.0364, -0.6745, -0.3853, -0.1257, 0.1257, 0.3853, 0.6745, 1.0364, 1.6449])

    def get_distance_between_samples_and_distribution(samples):
        samples = tf.sort(tf.convert_to_tensor(samples, tf.float32))
        return tf.reduce_mean(tf.square(samples - (mu + sigma * quantiles)))

    def reference(batch):
        per_sample = loss_object(batch["y"], model(batch["x"]))
        return get_distance_between_samples_and_distribution(per_sample) + tf.add_n(model.losses)

    def candidate(batch):
        y = batch["y"]
        y_ = model(batch["x"])
        losses = []
        for i in range(y.shape[0]):
            loss = loss_object(y_true=y[i:i + 1], y_pred=y_[i:i + 1])[0]
            losses.append(float(loss))
        return get_distance_between_samples_and_distribution(losses) + tf.add_n(model.losses)

    batch = {"x": rng.normal(size=(n, d)).astype(np.float32), "y": rng.integers(0, classes, size=n).astype(np.int32)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}
