"""Suspected: the softmax of the graph attention should run over the other node dimension because of a
permuted term. Right as it is: the last dimension holds the neighbours j of node i. Source: https://github.com/LinWeizheDragon/Knowledge-Aware-Graph-Enhanced-GPT-2-for-Dialogue-State-Tracking/issues/1"""
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

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, n, g, f = 3, 5, 4, 6
    w, a1, a2, out_w = var("w", g, f), var("a1", f), var("a2", f), var("out", f, 1)
    edges = (rng.uniform(size=(b, n, n)) < 0.4).astype(float)
    edges[:, np.arange(n), np.arange(n)] = 1.0
    batch = {"x": rng.standard_normal((b, n, g)).astype(fx), "edges": edges.astype(fx), "y": rng.standard_normal((b, n)).astype(fx)}

    def reference(batch):
        total = 0.0
        for k in range(b):
            wx = batch["x"][k] @ w
            for i in range(n):
                nb = tf.where(batch["edges"][k, i] > 0)[:, 0]
                vals = tf.gather(wx, nb)
                e = tf.nn.leaky_relu(tf.tensordot(wx[i], a1, 1) + tf.linalg.matvec(vals, a2))
                h = tf.tanh(tf.linalg.matvec(vals, tf.nn.softmax(e), transpose_a=True))
                total += tf.square(tf.tensordot(h, out_w[:, 0], 1) - batch["y"][k, i])
        return total / (b * n)

    def candidate(batch):
        wx = tf.einsum("bng,gf->bnf", batch["x"], w)
        a1wx = tf.tile(tf.einsum("bnf,f->bn", wx, a1)[:, :, None], (1, 1, n))
        a2wx = tf.tile(tf.einsum("bnf,f->bn", wx, a2)[:, :, None], (1, 1, n))
        eij = tf.nn.leaky_relu(a1wx + tf.transpose(a2wx, (0, 2, 1)))
        mask_edges = batch["edges"]
        infinity_mask = (1.0 - mask_edges) * 1e9
        aij = tf.nn.softmax(eij * mask_edges - infinity_mask, axis=2)
        h = tf.tanh(tf.matmul(aij, wx))
        pred = tf.squeeze(h @ tf.reshape(out_w, (1, f, 1)), -1)
        return tf.reduce_mean(tf.math.squared_difference(pred, batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, a1, a2, out_w]}
