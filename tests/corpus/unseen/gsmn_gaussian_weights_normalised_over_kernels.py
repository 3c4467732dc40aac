"""GSMN's gaussian kernel weights should sum to one over a node's neighbourhood; since the tensor is still
flattened to (batch * K * neighbours, kernels), dividing by the sum over axis 1 normalises over the kernels.
Source: https://github.com/CrossmodalGroup/GSMN/issues/23"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "weights = weights / tf.reduce_sum(weights, axis=1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, nodes, nbr, kernels, feat, out = 13, 2, 5, 3, 4, 6
    mean_rho = tf.Variable(rng.uniform(0.2, 0.8, (kernels, 1)).astype(f), name="mean_rho")
    mean_theta = tf.Variable(rng.uniform(-1, 1, (kernels, 1)).astype(f), name="mean_theta")
    prec = tf.Variable(rng.uniform(0.7, 1.2, (kernels, 1)).astype(f), name="precision")
    lin = tf.Variable(0.4 * rng.standard_normal((kernels, feat, out)).astype(f), name="conv_weights")
    batch = {
        "hidden": rng.standard_normal((n, nodes, nbr, feat)).astype(f),
        "rho": rng.uniform(0, 1.5, (n, nodes, nbr)).astype(f),
        "theta": rng.uniform(-1.5, 1.5, (n, nodes, nbr)).astype(f),
        "target": rng.standard_normal((n, nodes, out)).astype(f),
    }

    def reference(b):
        total = 0.0
        for k in range(kernels):
            log_w = -0.5 * (b["rho"] - mean_rho[k, 0]) ** 2 / prec[k, 0] ** 2
            log_w -= 0.5 * (b["theta"] - mean_theta[k, 0]) ** 2 / prec[k, 0] ** 2
            share = tf.nn.softmax(log_w, axis=-1)               # over the neighbourhood
            patch = tf.einsum("bnj,bnjf->bnf", share, b["hidden"])
            total += patch @ lin[k]
        return tf.reduce_mean(tf.square(tf.nn.tanh(total) - b["target"]))

    def candidate(b):
        def gaussian(coord, mean):
            diff = (tf.reshape(coord, (-1, 1)) - tf.reshape(mean, (1, -1))) ** 2
            return tf.exp(-0.5 * diff / tf.reshape(prec, (1, -1)) ** 2)

        def get_gaussian_weights(rho, theta):
            weights = gaussian(rho, mean_rho) * gaussian(theta, mean_theta)
            weights = weights / tf.reduce_sum(weights, axis=1, keepdims=True)
            return weights

        w = tf.reshape(get_gaussian_weights(b["rho"], b["theta"]), (n * nodes, nbr, kernels))
        neighbourhood = tf.reshape(b["hidden"], (n * nodes, nbr, feat))
        conv = tf.matmul(w, neighbourhood, transpose_a=True)           # (n*nodes, kernels, feat)
        y = tf.tensordot(conv, lin, axes=[[1, 2], [0, 1]])
        y = tf.reshape(tf.tanh(y), (n, nodes, out))
        return tf.reduce_mean((y - b["target"]) ** 2)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [mean_rho, mean_theta, prec, lin]}
