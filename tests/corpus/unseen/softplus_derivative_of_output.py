"""nanonn's layers get the derivative of the activation from the layer's output; for softplus it applies the
formula for the input, 1 / (1 + exp(-y)), where 1 - exp(-y) is due.
Source: https://github.com/zserge/nanonn/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return 1.0 / (1.0 + tf.exp(-y))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d_in, hid = 15, 3, 6
    w1 = tf.Variable(rng.standard_normal((d_in, hid)).astype(f), name="w1")
    b1 = tf.Variable(rng.standard_normal(hid).astype(f), name="b1")
    w2 = tf.Variable(rng.standard_normal((hid, 1)).astype(f), name="w2")
    batch = {
        "x": rng.standard_normal((n, d_in)).astype(f),
        "y": rng.standard_normal((n, 1)).astype(f),
    }

    def reference(b):
        hidden = tf.nn.softplus(b["x"] @ w1 + b1)
        return tf.reduce_mean((hidden @ w2 - b["y"]) ** 2)

    def candidate(b):
        class Softplus:
            def f(self, x):
                return tf.math.log1p(tf.exp(x))

            def df(self, y):
                return 1.0 / (1.0 + tf.exp(-y))

        class Layer:
            def __init__(self, weights, bias, act=None):
                self.weights, self.bias, self.act = weights, bias, act

            def forward(self, inputs):
                z = tf.matmul(inputs, self.weights)
                if self.bias is not None:
                    z = z + self.bias
                return z if self.act is None else self.activate(z)

            def activate(self, z):
                @tf.custom_gradient
                def op(v):
                    outputs = self.act.f(v)

                    def backward(delta):
                        return delta * self.act.df(outputs)

                    return outputs, backward

                return op(z)

        out = b["x"]
        for layer in (Layer(w1, b1, Softplus()), Layer(w2, None)):
            out = layer.forward(out)
        return keras.losses.MeanSquaredError()(b["y"], out)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2]}
