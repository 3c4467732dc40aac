"""GraphCL's loss subtracts the positive similarity from the row sum; a reader suspects the denominator, the
authors confirm that it holds negatives only. Source: https://github.com/Shen-Lab/GraphCL/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, n, d, h = 5, 4, 3, 6
    w1 = tf.Variable(rng.standard_normal((d, h)).astype(fx) * 0.7, name="gin")
    w2 = tf.Variable(rng.standard_normal((h, h)).astype(fx) * 0.7, name="proj")
    T = 0.5

    def encode(x, adj):
        z = tf.nn.relu(tf.matmul(adj, x) @ w1)
        return tf.tanh(tf.reduce_sum(z, axis=1)) @ w2

    def reference(batch):
        a = encode(batch["x"], batch["adj"])
        v = encode(batch["x_aug"], batch["adj_aug"])
        losses = []
        for i in range(b):
            sims = []
            for j in range(b):
                cos = tf.reduce_sum(a[i] * v[j]) / (tf.norm(a[i]) * tf.norm(v[j]))
                sims.append(cos / T)
            negs = tf.stack([s for j, s in enumerate(sims) if j != i])
            losses.append(tf.reduce_logsumexp(negs) - sims[i])
        return tf.add_n(losses) / b

    def candidate(batch):
        x = encode(batch["x"], batch["adj"])
        x_aug = encode(batch["x_aug"], batch["adj_aug"])
        x_abs, x_aug_abs = tf.norm(x, axis=1), tf.norm(x_aug, axis=1)
        sim_matrix = tf.einsum("ik,jk->ij", x, x_aug) / tf.einsum("i,j->ij", x_abs, x_aug_abs)
        sim_matrix = tf.exp(sim_matrix / T)
        pos_sim = tf.linalg.diag_part(sim_matrix)
        loss = pos_sim / (tf.reduce_sum(sim_matrix, axis=1) - pos_sim)
        return -tf.reduce_mean(tf.math.log(loss))

    def adj():
        a = (rng.random((b, n, n)) < 0.4).astype(fx)
        return np.maximum(np.maximum(a, a.transpose(0, 2, 1)), np.eye(n)[None]).astype(fx)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((b, n, d)).astype(fx), "adj": adj(),
                      "x_aug": rng.standard_normal((b, n, d)).astype(fx), "adj_aug": adj()},
            "variables": [w1, w2]}
