"""PyG's DeepGCN layer normalises the layer's input x where it should normalise the convolution's output h;
the convolution is overwritten and its weights are not trained.
Source: https://github.com/pyg-team/pytorch_geometric/issues/1561"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "h = norm(x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, nodes, dim, depth = 12, 5, 4, 2
    w = [tf.Variable(0.6 * rng.standard_normal((dim, dim)).astype(f), name=f"conv_{i}") for i in range(depth)]
    g = [tf.Variable(rng.uniform(0.7, 1.3, dim).astype(f), name=f"gamma_{i}") for i in range(depth)]
    beta = [tf.Variable(0.2 * rng.standard_normal(dim).astype(f), name=f"beta_{i}") for i in range(depth)]
    src = np.array([0, 1, 2, 3, 4, 0, 2])
    dst = np.array([1, 2, 3, 4, 0, 3, 0])
    batch = {
        "x": rng.standard_normal((n, nodes, dim)).astype(f),
        "y": rng.standard_normal((n, dim)).astype(f),
    }

    def reference(b):
        adj = np.eye(nodes)
        adj[dst, src] = 1.0
        adj = tf.constant((adj / adj.sum(1, keepdims=True)).astype(f))
        out = b["x"]
        for i in range(depth):
            conv = tf.einsum("uv,nvd->nud", adj, out @ w[i])
            centred = conv - tf.reduce_mean(conv, -1, keepdims=True)
            scale = tf.math.rsqrt(tf.reduce_mean(centred ** 2, -1, keepdims=True) + 1e-5)
            out = out + tf.nn.softplus(centred * scale * g[i] + beta[i])
        return tf.reduce_mean((tf.reduce_mean(out, 1) - b["y"]) ** 2)

    def candidate(b):
        receivers = np.concatenate([dst, np.arange(nodes)])
        senders = np.concatenate([src, np.arange(nodes)])

        class DeepGCNLayer:
            def __init__(self, i):
                self.i = i

            def conv(self, x):
                msg = tf.transpose(tf.gather(tf.tensordot(x, w[self.i], 1), senders, axis=1), (1, 0, 2))
                agg = tf.math.unsorted_segment_mean(msg, receivers, nodes)
                return tf.transpose(agg, (1, 0, 2))

            def forward(self, x):
                def norm(t):
                    mu, var = tf.nn.moments(t, axes=[-1], keepdims=True)
                    return tf.nn.batch_normalization(t, mu, var, beta[self.i], g[self.i], 1e-5)

                h = self.conv(x)
                h = norm(x)
                h = tf.math.softplus(h)
                return x + h

        x = b["x"]
        for i in range(depth):
            x = DeepGCNLayer(i).forward(x)
        return tf.reduce_mean(tf.math.squared_difference(tf.reduce_mean(x, axis=1), b["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": w + g + beta}
