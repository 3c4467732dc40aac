"""Custom binary cross-entropy on logits of a forum question: max(x, 0) of the stable formula is written K.max(y_pred, 0), which is
the maximum over axis 0 (the batch) and not the elementwise one.
Source: https://thinbug.com/q/48951109"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "t_loss = K.max(y_pred, 0) - y_pred * y_true + K.log(1 + K.exp((-1) * K.abs(y_pred)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    layer = keras.layers.Dense(4, name="out")
    layer.build((None, 5))
    for v in layer.trainable_variables:
        v.assign(rng.normal(size=v.shape))

    def reference(batch):
        logits = layer(batch["x"])
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(ce)

    def candidate(batch):
        class K:
            """the few backend functions that the question uses"""
            @staticmethod
            def max(x, axis=None):
                return tf.reduce_max(x, axis=axis)

            @staticmethod
            def mean(x):
                return tf.reduce_mean(x)

            log, exp, abs = tf.math.log, tf.exp, tf.abs

        def my_custom_loss(y_true, y_pred):
            t_loss = K.max(y_pred, 0) - y_pred * y_true + K.log(1 + K.exp((-1) * K.abs(y_pred)))
            return K.mean(t_loss)

        return my_custom_loss(batch["y"], layer(batch["x"]))

    batch = {"x": rng.normal(size=(18, 5)).astype(f), "y": rng.integers(0, 2, (18, 4)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": layer.trainable_variables}
