"""Data-parallel training: the data loss is divided by the number of replicas, the regularisation losses are not.

Source (real): https://github.com/keras-team/keras/pull/20609 (fixes issue 19891; MirroredStrategy with keras.regularizers; merged).
Right answer: NOT equivalent; after the sum over the replicas the penalty counts once per replica.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "losses.append(tf.cast(layer_loss, y_pred.dtype))",
    "same_forward_value": False,
}

_REPLICAS = 4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 24, 5, 6

    def dense(units, name, shift, **kwargs):
        return keras.layers.Dense(
            units,
            kernel_initializer=keras.initializers.GlorotUniform(seed=10 * seed + shift),
            kernel_regularizer=keras.regularizers.L2(0.05),
            name=name,
            **kwargs,
        )

    first, second = dense(hid, "first", 1, activation="tanh"), dense(1, "second", 2, bias_regularizer="l1")
    first.build((None, d))
    second.build((None, hid))
    second.bias.assign([0.3])
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "y": rng.standard_normal((n, 1)).astype(f),
    }

    def reference(b):
        """One device."""
        hidden = tf.tanh(b["x"] @ first.kernel + first.bias)
        error = tf.reduce_mean(tf.square(hidden @ second.kernel + second.bias - b["y"]))
        l2 = tf.reduce_sum(tf.square(first.kernel)) + tf.reduce_sum(tf.square(second.kernel))
        return error + 0.05 * l2 + 0.01 * tf.reduce_sum(tf.abs(second.bias))

    def candidate(b):
        def scale_loss_for_distribution(value):
            return value / _REPLICAS

        def compute_loss(y, y_pred):
            losses = [scale_loss_for_distribution(keras.losses.MeanSquaredError()(y, y_pred))]
            for layer_loss in first.losses + second.losses:
                losses.append(tf.cast(layer_loss, y_pred.dtype))
            return keras.ops.sum(keras.ops.stack(losses))

        per_replica = []
        for x, y in zip(tf.split(b["x"], _REPLICAS), tf.split(b["y"], _REPLICAS)):
            per_replica.append(compute_loss(y, second(first(x))))
        return tf.add_n(per_replica)  # strategy.reduce(SUM)

    variables = first.trainable_variables + second.trainable_variables
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
