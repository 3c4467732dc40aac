"""MTGNN mix-hop propagation: the rows of the learned adjacency sum to one, but the einsum 'ncvl,vw->ncwl' sums over the
rows instead of over the columns.
Source: https://github.com/nnzhan/MTGNN/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'x = tf.einsum("ncvl,vw->ncwl", x, A)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, c, nodes, t, emb, gdep, alpha = 12, 3, 6, 4, 5, 2, 0.05
    e1 = tf.Variable(rng.standard_normal((nodes, emb)).astype(f), name="emb1")
    e2 = tf.Variable(rng.standard_normal((nodes, emb)).astype(f), name="emb2")
    mlp = tf.Variable((0.4 * rng.standard_normal(((gdep + 1) * c, c))).astype(f), name="mlp")

    def graph():
        m1, m2 = tf.tanh(e1), tf.tanh(e2)
        a = tf.matmul(m1, m2, transpose_b=True) - tf.matmul(m2, m1, transpose_b=True)
        return tf.nn.sigmoid(2.0 * a)

    def reference(batch):
        adj = graph() + tf.eye(nodes, dtype=f)
        p = adj / tf.reduce_sum(adj, 1, keepdims=True)
        x = tf.transpose(batch["x"], [0, 3, 2, 1])          # batch, time, node, channel
        hidden, feats = x, [x]
        for _ in range(gdep):
            new = []
            for v in range(nodes):
                new.append(tf.add_n([p[v, u] * hidden[:, :, u] for u in range(nodes)]))
            hidden = alpha * x + (1 - alpha) * tf.stack(new, 2)
            feats.append(hidden)
        out = tf.nn.elu(tf.concat(feats, -1) @ mlp)
        return tf.reduce_mean(tf.abs(tf.transpose(out, [0, 3, 2, 1]) - batch["y"]))

    def candidate(batch):
        def nconv(x, A):
            x = tf.einsum("ncvl,vw->ncwl", x, A)
            return x

        def mixprop(x, adj):
            adj = adj + tf.eye(nodes, dtype=f)
            d = tf.reduce_sum(adj, axis=1)
            h = x
            out = [h]
            a = adj / tf.reshape(d, (-1, 1))
            for i in range(gdep):
                h = alpha * x + (1 - alpha) * nconv(h, a)
                out.append(h)
            ho = tf.concat(out, axis=1)
            return tf.einsum("ncvl,cd->ndvl", ho, mlp)

        pred = tf.nn.elu(mixprop(batch["x"], graph()))
        return tf.reduce_mean(tf.abs(pred - batch["y"]))

    x = (rng.standard_normal((b, c, nodes, t)) + np.linspace(-2, 3, nodes)[:, None]).astype(f)
    batch = {"x": x, "y": x.mean(2, keepdims=True) + 0.1 * rng.standard_normal(x.shape).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [e1, e2, mlp]}
