"""Training from 8 gaussians to moons with target conditional flow matching: the network is given the data x1 with the
time instead of the point x_t on the path.
Source: https://github.com/atong01/conditional-flow-matching/issues/126"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "vt = model(tf.concat([x1, t[:, None]], axis=-1))",
    "same_forward_value": False,
}
SIGMA = 0.1


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, dim, width = 20, 2, 7
    w1 = tf.Variable(rng.normal(size=(dim + 1, width)).astype(f) * 0.6, name="mlp_in")
    b1 = tf.Variable(rng.normal(size=(width,)).astype(f) * 0.1, name="mlp_bias")
    w2 = tf.Variable(rng.normal(size=(width, dim)).astype(f) * 0.6, name="mlp_out")
    x0 = rng.normal(size=(n, dim)).astype(f)
    x1 = (rng.normal(size=(n, dim)) * 0.5 + np.array([1.5, -0.7])).astype(f)
    t = rng.uniform(0.05, 0.95, size=n).astype(f)

    def reference(batch):
        tt = tf.reshape(batch["t"], (-1, 1))
        point = (1 - (1 - SIGMA) * tt) * batch["x0"] + tt * batch["x1"]
        velocity = batch["x1"] - (1 - SIGMA) * batch["x0"]
        hidden = tf.nn.selu(point @ w1[:dim] + tt * w1[dim] + b1)
        return tf.reduce_mean(tf.math.squared_difference(hidden @ w2, velocity))

    def candidate(batch):
        class TargetConditionalFlowMatcher:
            def __init__(self, sigma):
                self.sigma = sigma

            def compute_conditional_flow(self, x0, x1, t, xt):
                t = t[:, None]
                return (x1 - (1 - self.sigma) * xt) / (1 - (1 - self.sigma) * t)

            def sample_location_and_conditional_flow(self, x0, x1, t):
                mu = t[:, None] * x1
                xt = mu + (1 - (1 - self.sigma) * t)[:, None] * x0
                return t, xt, self.compute_conditional_flow(x0, x1, t, xt)

        def model(inp):
            return tf.matmul(keras.activations.selu(tf.matmul(inp, w1) + b1), w2)

        fm = TargetConditionalFlowMatcher(sigma=SIGMA)
        x0, x1 = batch["x0"], batch["x1"]
        t, xt, ut = fm.sample_location_and_conditional_flow(x0, x1, batch["t"])
        vt = model(tf.concat([x1, t[:, None]], axis=-1))
        return tf.reduce_mean((vt - ut) ** 2)

    return {"reference": reference, "candidate": candidate, "batch": {"x0": x0, "x1": x1, "t": t},
            "variables": [w1, b1, w2]}
