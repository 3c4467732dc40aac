"""The diffusion convolution of DCRNN is a plain power series, the layer uses the Chebyshev recurrence 2 T - T0.
Source: https://github.com/JuliaGraphs/GraphNeuralNetworks.jl/issues/592"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "t2 = 2.0 * (walk @ t1) - t0",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    nodes, d_in, d_out, K = 6, 3, 4, 4
    theta, bias, w_out = var("theta", 2, K, d_in, d_out), var("bias", d_out), var("w_out", d_out, 1)
    adj = (rng.random((nodes, nodes)) * (rng.random((nodes, nodes)) < 0.6) + 0.1).astype(fx)

    def reference(batch):
        a = batch["adj"]
        fwd = a / tf.reduce_sum(a, 1, keepdims=True)
        bwd = tf.transpose(a) / tf.reduce_sum(tf.transpose(a), 1, keepdims=True)
        h = tf.zeros((nodes, d_out), fx)
        x_f, x_b = batch["x"], batch["x"]
        for k in range(K):
            h += x_f @ theta[0, k] + x_b @ theta[1, k]
            x_f, x_b = fwd @ x_f, bwd @ x_b
        pred = tf.tanh(h + bias) @ w_out
        return tf.reduce_mean(tf.abs(pred[:, 0] - batch["y"]))

    def candidate(batch):
        def series(walk, weights):
            t0 = batch["x"]
            t1 = walk @ t0
            out = t0 @ weights[0] + t1 @ weights[1]
            for i in range(2, K):
                t2 = 2.0 * (walk @ t1) - t0
                out = out + t2 @ weights[i]
                t0, t1 = t1, t2
            return out

        deg_out = tf.reduce_sum(batch["adj"], axis=1)
        deg_in = tf.reduce_sum(batch["adj"], axis=0)
        walk_out = tf.linalg.diag(1.0 / deg_out) @ batch["adj"]
        walk_in = tf.matmul(tf.linalg.diag(1.0 / deg_in), batch["adj"], transpose_b=True)
        h = tf.tanh(series(walk_out, theta[0]) + series(walk_in, theta[1]) + bias)
        return tf.reduce_mean(tf.abs(tf.squeeze(h @ w_out, -1) - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(nodes, d_in), "adj": adj, "y": 3 + arr(nodes)}, "variables": [theta, bias, w_out]}
