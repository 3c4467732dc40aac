"""SiLU with a tensor beta: the custom gradient sums the derivative of beta to a scalar whatever the shape of beta is.
Source: https://github.com/tensorflow/tensorflow/issues/127690"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "beta_grad = tf.reduce_sum(dy * tf.square(features) * sig * (1.0 - sig))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 20, 5, 7
    w = tf.Variable(rng.normal(size=(d, k)) * 0.6, dtype=f, name="w")
    raw_beta = tf.Variable(rng.normal(size=(k,)) * 0.5 + 0.5, dtype=f, name="raw_beta")
    out = tf.Variable(rng.normal(size=(k, 1)), dtype=f, name="out")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.normal(size=(n, 1)).astype(f)}

    def reference(batch):
        pre = tf.matmul(batch["x"], w)
        beta = tf.math.softplus(raw_beta)
        act = pre * tf.sigmoid(beta[None, :] * pre)
        return tf.reduce_mean((tf.matmul(act, out) - batch["y"]) ** 2)

    def candidate(batch):
        @tf.custom_gradient
        def swish_impl(features, beta):
            def grad(dy):
                sig = tf.sigmoid(beta * features)
                activation_grad = sig * (1.0 + beta * features * (1.0 - sig))
                beta_grad = tf.reduce_sum(dy * tf.square(features) * sig * (1.0 - sig))
                return dy * activation_grad, beta_grad

            return features * tf.sigmoid(beta * features), grad

        class SwishDense:
            def __init__(self, kernel, raw):
                self.kernel, self.raw = kernel, raw

            def __call__(self, x):
                return swish_impl(tf.matmul(x, self.kernel), tf.nn.softplus(self.raw))

        pred = tf.matmul(SwishDense(w, raw_beta)(batch["x"]), out)
        return tf.reduce_mean(tf.math.squared_difference(pred, batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, raw_beta, out]}
