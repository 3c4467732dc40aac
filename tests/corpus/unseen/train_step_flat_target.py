"""Own training loop: y has shape (16,), the prediction (16, 1); their difference is (16, 16) and the model tends to the mean.
Source: https://github.com/tensorflow/tensorflow/issues/28901"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "return tf.reduce_mean(tf.square(targets - y_pred))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h = 16, 3, 8
    x = rng.standard_normal((n, d)).astype(f)
    y = (np.sin(x[:, 0]) + 0.5 * x[:, 1] + 0.1 * rng.standard_normal(n)).astype(f)
    k1 = tf.Variable(rng.standard_normal((d, h)) * 0.6, dtype=f, name="k1")
    b1 = tf.Variable(rng.standard_normal((h,)) * 0.1, dtype=f, name="b1")
    k2 = tf.Variable(rng.standard_normal((h, 1)) * 0.6, dtype=f, name="k2")

    def reference(batch):
        hidden = tf.nn.elu(batch["x"] @ k1 + b1)
        residual = tf.linalg.matvec(hidden, k2[:, 0]) - batch["y"]
        return tf.tensordot(residual, residual, axes=1) / n

    def candidate(batch):
        class MyModel:
            def __init__(self, layers):
                self.layers = layers

            def __call__(self, inputs):
                for layer in self.layers:
                    inputs = layer(inputs)
                return inputs

        def train_step(model, inputs, targets):
            y_pred = model(inputs)
            return tf.reduce_mean(tf.square(targets - y_pred))

        model = MyModel([lambda t: tf.nn.elu(tf.matmul(t, k1) + b1), lambda t: tf.matmul(t, k2)])
        return train_step(model, batch["x"], batch["y"])

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [k1, b1, k2]}
