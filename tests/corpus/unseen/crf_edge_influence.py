"""The gold path of the linear-chain CRF is scored with the static state embeddings only;
the influence of the input on the edges is left out there. Source: https://github.com/dugu9sword/torch_random_fields/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": "left = e1",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, T, d, k, r = 3, 5, 4, 3, 2
    w_node, w_edge, e_from, e_to = var("w_node", d, k), var("w_edge", d, r * r), var("e_from", k, r), var("e_to", k, r)

    def potentials(x):
        edge = tf.eye(r, dtype=x.dtype) + tf.reshape(x[:, 1:] @ w_edge, [n, T - 1, r, r])
        return x @ w_node, edge

    def log_z(node, pair):
        alpha = node[:, 0]
        for t in range(1, T):
            alpha = tf.reduce_logsumexp(alpha[:, :, None] + pair[:, t - 1], axis=1) + node[:, t]
        return tf.reduce_logsumexp(alpha, axis=1)

    def reference(batch):
        node, edge = potentials(batch["x"])
        pair = tf.einsum("ir,btrs,js->btij", e_from, edge, e_to)
        loss = tf.reduce_sum(log_z(node, pair))
        for b in range(n):
            for t in range(T):
                loss -= node[b, t, batch["tag"][b, t]]
                if t:
                    loss -= pair[b, t - 1, batch["tag"][b, t - 1], batch["tag"][b, t]]
        return loss / float(n)

    def candidate(batch):
        def compute_score(node, edge, tag):
            unary = tf.reduce_sum(tf.gather(node, tag, axis=2, batch_dims=2), axis=1)
            e1 = tf.gather(e_from, tag[:, :-1])
            e2 = tf.gather(e_to, tag[:, 1:])
            left = e1
            return unary + tf.reduce_sum(left * e2, axis=[1, 2])

        node, edge = potentials(batch["x"])
        left_all = tf.einsum("ir,btrs->btis", e_from, edge)
        partition = log_z(node, tf.matmul(left_all, e_to, transpose_b=True))
        return tf.reduce_mean(partition - compute_score(node, edge, batch["tag"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, T, d), "tag": rng.integers(0, k, (n, T))},
            "variables": [w_node, w_edge, e_from, e_to]}
