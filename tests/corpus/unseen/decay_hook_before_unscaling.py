"""Chainer's WeightDecay hook runs before the gradients are divided by the loss scale, so that the decay is weakened by that
factor. Here as a loss term: the penalty is added to the scaled loss and the whole is unscaled.
Source: https://github.com/chainer/chainer/issues/7335"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "objective = scaler.scale(data_loss(batch)) + hook(model)",
    "same_forward_value": False,
}


class LossScaler:
    def __init__(self, scale):
        self._scale = scale

    def scale(self, loss):
        return loss * self._scale

    def unscale(self, loss):
        return loss / self._scale


class WeightDecay:
    """hook: adds rate * param to the gradient, i.e. rate / 2 * |param|^2 to the objective"""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, model):
        return self.rate * tf.add_n([tf.nn.l2_loss(p) for p in model.trainable_variables])


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    model = keras.Sequential([keras.layers.Input((4,)),
                              keras.layers.Dense(6, activation="tanh", bias_initializer="ones", name="l1"),
                              keras.layers.Dense(3, bias_initializer="ones", name="l2")])
    scaler, hook = LossScaler(128.0), WeightDecay(0.1)

    def data_loss(batch):
        logits = model(batch["x"])
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def reference(batch):
        logp = tf.nn.log_softmax(model(batch["x"]))
        nll = -tf.reduce_mean(tf.gather(logp, batch["y"], batch_dims=1))
        penalty = 0.0
        for p in model.trainable_variables:
            penalty += 0.5 * tf.reduce_sum(tf.square(p))
        return nll + 0.1 * penalty

    def candidate(batch):
        objective = scaler.scale(data_loss(batch)) + hook(model)
        return scaler.unscale(objective)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((12, 4)).astype(f), "y": rng.integers(0, 3, 12).astype("int32")},
            "variables": list(model.trainable_variables)}
