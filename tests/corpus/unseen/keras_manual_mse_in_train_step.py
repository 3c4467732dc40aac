"""The loss computed by hand in train_step is much worse than the compiled one: y has shape (n,), the prediction (n, 1), and the
difference is (n, n).
Source: https://github.com/keras-team/keras/issues/16836"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "losses = tf.math.squared_difference(y_pred, y)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(1)])
    for v in model.trainable_variables:
        v.assign(rng.normal(size=v.shape))

    def reference(batch):
        loss_fn = keras.losses.MeanSquaredError()
        return loss_fn(batch["y"][:, None], model(batch["x"], training=True))

    def candidate(batch):
        class Mean:
            def __init__(self):
                self.total, self.count = 0.0, 0

            def update_state(self, values):
                self.total += tf.reduce_sum(values)
                self.count += int(np.prod(values.shape))

            def result(self):
                return self.total / self.count

        def train_step(data):
            x, y = data
            y_pred = model(x, training=True)
            losses = tf.math.squared_difference(y_pred, y)
            tracker = Mean()
            tracker.update_state(losses)
            return tracker.result()

        return train_step((batch["x"], batch["y"]))

    batch = {"x": rng.normal(size=(20, 3)).astype(f), "y": (rng.normal(size=20) * 2).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}
