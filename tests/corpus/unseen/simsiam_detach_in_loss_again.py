"""Suspected: the projections in SimSiam are not detached by the model. The loss does it. Right as it stands.
Source: https://github.com/lightly-ai/lightly/issues/559"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e = 5, 8, 6
    backbone = keras.layers.Dense(10, activation="relu", name="backbone")
    projection = keras.layers.Dense(e, name="projection")
    prediction = keras.layers.Dense(e, name="prediction")
    backbone.build((n, d))
    projection.build((n, 10))
    prediction.build((n, e))

    def reference(batch):
        def encode(x):
            z = projection(backbone(x))
            return tf.stop_gradient(z), prediction(z)

        z0, p0 = encode(batch["x0"])
        z1, p1 = encode(batch["x1"])
        a = tf.reduce_mean(keras.losses.cosine_similarity(z1, p0))
        b = tf.reduce_mean(keras.losses.cosine_similarity(z0, p1))
        return 0.5 * (a + b)

    def candidate(batch):
        class SymNegCosineSimilarityLoss:
            def _neg_cosine_simililarity(self, x, y):
                v = tf.reduce_sum(tf.nn.l2_normalize(x, axis=-1) * tf.nn.l2_normalize(tf.stop_gradient(y), axis=-1), axis=-1)
                return -tf.reduce_mean(v)

            def __call__(self, out0, out1):
                (first, p_first), (second, p_second) = out0, out1
                loss_0 = self._neg_cosine_simililarity(p_first, second) / 2
                loss_1 = self._neg_cosine_simililarity(p_second, first) / 2
                return loss_0 + loss_1

        def forward(x0, x1):
            z0 = projection(backbone(x0))
            out0 = (z0, prediction(z0))
            z1 = projection(backbone(x1))
            return out0, (z1, prediction(z1))

        out0, out1 = forward(batch["x0"], batch["x1"])
        return SymNegCosineSimilarityLoss()(out0, out1)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": rng.normal(size=(n, d)).astype(fx), "x1": rng.normal(size=(n, d)).astype(fx)},
            "variables": backbone.trainable_variables + projection.trainable_variables + prediction.trainable_variables}
