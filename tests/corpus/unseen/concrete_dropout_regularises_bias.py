"""Concrete dropout: the weight term that is divided by (1 - p) shall hold the weight matrix only.
The port sums the squares of all parameters of the layer, with the bias.
Source: https://github.com/yaringal/ConcreteDropout/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "for param in layer.parameters():",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, out = 20, 5, 3
    x = rng.normal(size=(n, d)).astype(f)
    u = rng.uniform(0.05, 0.95, size=(n, d)).astype(f)
    y = rng.normal(size=(n, out)).astype(f)
    kernel = tf.Variable((0.5 * rng.normal(size=(d, out))).astype(f), name="kernel")
    bias = tf.Variable(rng.normal(size=(out,)).astype(f), name="bias")
    p_logit = tf.Variable(np.asarray(-0.7, dtype=f), name="p_logit")
    wr, dr, temp = 0.1, 0.02, 0.5

    def reference(batch):
        keep = tf.sigmoid(-p_logit)
        drop = 1.0 - keep
        odds = tf.math.log(drop / keep) + tf.math.log(batch["u"] / (1.0 - batch["u"]))
        masked = batch["x"] * tf.sigmoid(-odds / temp) / keep
        fit = tf.reduce_mean(tf.reduce_sum((tf.nn.bias_add(masked @ kernel, bias) - batch["y"]) ** 2, axis=1))
        penalty = wr * tf.reduce_sum(kernel ** 2) / keep
        entropy = -drop * tf.math.log(drop) - keep * tf.math.log(keep)
        return fit + penalty - dr * d * entropy

    def candidate(batch):
        class Linear:
            def __init__(self, *params):
                self._params = params

            def parameters(self):
                return list(self._params)

            def __call__(self, z):
                w, b = self._params
                return tf.matmul(z, w) + b

        def concrete_dropout(z, p):
            prob = (tf.math.log(p) - tf.math.log(1.0 - p)
                    + tf.math.log(batch["u"]) - tf.math.log(1.0 - batch["u"]))
            random_tensor = 1.0 - tf.sigmoid(prob / temp)
            return z * random_tensor / (1.0 - p)

        layer = Linear(kernel, bias)
        p = tf.sigmoid(p_logit)
        out_ = layer(concrete_dropout(batch["x"], p))
        sum_of_square = 0.0
        for param in layer.parameters():
            sum_of_square += tf.reduce_sum(tf.square(param))
        weights_regularizer = wr * sum_of_square / (1.0 - p)
        dropout_regularizer = p * tf.math.log(p) + (1.0 - p) * tf.math.log(1.0 - p)
        dropout_regularizer *= dr * d
        mse = tf.reduce_mean(tf.reduce_sum(tf.square(out_ - batch["y"]), axis=1))
        return mse + weights_regularizer + dropout_regularizer

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "u": u, "y": y},
            "variables": [kernel, bias, p_logit]}
