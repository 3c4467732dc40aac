"""LayerNormalization with rms_scaling divides by the square root of the variance (mean subtracted) instead of the mean of squares. Source: https://github.com/keras-team/keras/pull/22393"""
import numpy as np
import tensorflow as tf
import keras
from keras import ops

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "variance = ops.var(inputs, axis=self.axis, keepdims=True)",
    "same_forward_value": False,
}


class RMSScaling(keras.layers.Layer):
    def __init__(self, axis=-1, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.axis, self.epsilon = axis, epsilon

    def build(self, input_shape):
        self.gamma = self.add_weight(name="gamma", shape=(input_shape[self.axis],), initializer="ones")

    def call(self, inputs):
        variance = ops.var(inputs, axis=self.axis, keepdims=True)
        inv = ops.rsqrt(variance + self.epsilon)
        return inputs * inv * self.gamma


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, features, classes = 8, 6, 3
    pre = keras.layers.Dense(10, activation="relu", kernel_initializer=keras.initializers.HeNormal(seed=seed))
    norm = RMSScaling()
    head = keras.layers.Dense(classes, kernel_initializer=keras.initializers.GlorotNormal(seed=seed + 1))
    model = keras.Sequential([pre, norm, head])
    model.build((None, features))
    norm.gamma.assign(rng.normal(1.0, 0.2, 10).astype("float32"))
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def reference(batch):
        h = pre(batch["x"])
        rms = tf.sqrt(tf.reduce_mean(tf.square(h), axis=-1, keepdims=True) + norm.epsilon)
        logits = head(h / rms * norm.gamma)
        return loss_fn(batch["y"], logits)

    def candidate(batch):
        return loss_fn(batch["y"], model(batch["x"], training=True))

    batch = {"x": rng.normal(size=(n, features)).astype("float32"), "y": rng.integers(0, classes, n).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}
