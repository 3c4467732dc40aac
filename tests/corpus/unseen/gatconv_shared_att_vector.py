"""GATConv of PyG 1.6.0: when x is one tensor, both attention terms are computed with att_l, and att_r is never used.
Source: https://github.com/pyg-team/pytorch_geometric/issues/1642"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "alpha_l = alpha_r = tf.reduce_sum(x_l * att_l, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, heads, ch, e = 15, 5, 2, 3, 40
    src, dst = rng.integers(0, n, e), rng.integers(0, n, e)
    src, dst = np.append(src, np.arange(n)), np.append(dst, np.arange(n))
    lin = tf.Variable((0.6 * rng.standard_normal((d, heads * ch))).astype(f), name="lin")
    att_l = tf.Variable(rng.standard_normal((1, heads, ch)).astype(f), name="att_l")
    att_r = tf.Variable(rng.standard_normal((1, heads, ch)).astype(f), name="att_r")

    def reference(batch):
        z = batch["x"] @ lin
        cols = []
        for k in range(heads):
            zk = z[:, k * ch:(k + 1) * ch]
            to_me, from_other = tf.linalg.matvec(zk, att_r[0, k]), tf.linalg.matvec(zk, att_l[0, k])
            rows = []
            for i in range(n):
                nb = src[dst == i]
                s = tf.nn.leaky_relu(to_me[i] + tf.gather(from_other, nb), 0.2)
                a = tf.nn.softmax(s)
                rows.append(tf.reduce_sum(a[:, None] * tf.gather(zk, nb), 0))
            cols.append(tf.stack(rows))
        return tf.reduce_mean((tf.concat(cols, -1) - batch["y"]) ** 2)

    def candidate(batch):
        def softmax(s, index, num_nodes):
            out = tf.exp(s - tf.gather(tf.math.unsorted_segment_max(s, index, num_nodes), index))
            return out / tf.gather(tf.math.unsorted_segment_sum(out, index, num_nodes), index)

        class GATConv:
            def forward(self, x, edge_index):
                if tf.is_tensor(x):
                    x_l = x_r = tf.reshape(x @ lin, (-1, heads, ch))
                    alpha_l = alpha_r = tf.reduce_sum(x_l * att_l, axis=-1)
                else:
                    x_l, x_r = [tf.reshape(v @ lin, (-1, heads, ch)) for v in x]
                    alpha_l = tf.reduce_sum(x_l * att_l, axis=-1)
                    alpha_r = tf.reduce_sum(x_r * att_r, axis=-1)
                j, i = edge_index
                alpha = tf.nn.leaky_relu(tf.gather(alpha_l, j) + tf.gather(alpha_r, i), 0.2)
                alpha = softmax(alpha, i, n)
                out = tf.math.unsorted_segment_sum(tf.gather(x_l, j) * alpha[..., None], i, n)
                return tf.reshape(out, (-1, heads * ch))

        out = GATConv().forward(batch["x"], (src, dst))
        return tf.reduce_mean(tf.square(out - batch["y"]))

    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.standard_normal((n, heads * ch)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [lin, att_l, att_r]}
