"""The coupling coefficients of the capsule routing are normalised over the route nodes, not over the output capsules.
Source: https://github.com/gram-ai/capsule-networks/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "probs = tf.nn.softmax(logits, axis=2)",
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

    b, caps, nodes, d_in, d_out, iters = 3, 3, 5, 3, 4, 3
    route = var("route", caps, nodes, d_in, d_out)
    w_prim = var("w_prim", d_in, d_in)

    def squash(x):
        sq = tf.reduce_sum(x * x, -1, keepdims=True)
        return sq / (1 + sq) * x / tf.sqrt(sq + 1e-9)

    def margin(length, y):
        return tf.reduce_mean(tf.reduce_sum(y * tf.nn.relu(0.9 - length) ** 2 + 0.5 * (1 - y) * tf.nn.relu(length - 0.1) ** 2, -1))

    def reference(batch):
        u = squash(batch["u"] @ w_prim)
        u_hat = tf.einsum("bni,cnio->bnco", u, route)
        b_ij = tf.zeros((b, nodes, caps), fx)
        for r in range(iters):
            c_ij = tf.nn.softmax(b_ij, axis=-1)
            v = squash(tf.einsum("bnc,bnco->bco", c_ij, u_hat))
            b_ij += tf.einsum("bnco,bco->bnc", u_hat, v)
        return margin(tf.norm(v, axis=-1), batch["y"])

    def candidate(batch):
        x = squash(tf.einsum("bni,ij->bnj", batch["u"], w_prim))
        priors = tf.matmul(x[None, :, :, None, :], route[:, None])
        logits = tf.zeros((caps, b, nodes, 1, 1), fx)
        for i in range(iters):
            probs = tf.nn.softmax(logits, axis=2)
            outputs = squash(tf.reduce_sum(probs * priors, axis=2, keepdims=True))
            if i != iters - 1:
                logits = logits + tf.reduce_sum(priors * outputs, axis=-1, keepdims=True)
        outputs = tf.transpose(tf.squeeze(outputs, [2, 3]), (1, 0, 2))
        classes = tf.sqrt(tf.reduce_sum(outputs ** 2, axis=-1))
        return margin(classes, batch["y"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"u": 2 * arr(b, nodes, d_in), "y": np.eye(caps)[rng.integers(0, caps, b)].astype(fx)},
            "variables": [route, w_prim]}
