"""Suspects that GATConv adds el + er in place of the concatenation; a^T [z_i || z_j] splits into just that sum.
Source: https://github.com/dmlc/dgl/issues/963"""
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

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    n, d, h, heads = 5, 4, 3, 2
    fc, attn_l, attn_r, w_out = var("fc", d, heads * h), var("attn_l", heads, h), var("attn_r", heads, h), var("w_out", heads * h, 1)
    edges = np.array([(i, j) for i in range(n) for j in range(n) if i == j or rng.random() < 0.5], "int32")

    def reference(batch):
        z = tf.reshape(batch["x"] @ fc, (n, heads, h))
        a = tf.concat([attn_l, attn_r], 1)
        rows = []
        for dst in range(n):
            srcs = edges[edges[:, 1] == dst, 0]
            parts = []
            for k in range(heads):
                e = tf.stack([tf.reduce_sum(a[k] * tf.concat([z[s, k], z[dst, k]], 0)) for s in srcs])
                w = tf.nn.softmax(tf.nn.leaky_relu(e, 0.2))
                parts.append(tf.add_n([w[m] * z[s, k] for m, s in enumerate(srcs)]))
            rows.append(tf.concat(parts, 0))
        pred = tf.nn.elu(tf.stack(rows)) @ w_out
        return tf.reduce_mean(tf.square(pred[:, 0] - batch["y"]))

    def candidate(batch):
        src, dst = batch["edges"][:, 0], batch["edges"][:, 1]
        feat = tf.reshape(tf.matmul(batch["x"], fc), (-1, heads, h))
        el = tf.reduce_sum(feat * attn_l, axis=-1)
        er = tf.reduce_sum(feat * attn_r, axis=-1)
        e = tf.nn.leaky_relu(tf.gather(el, src) + tf.gather(er, dst), alpha=0.2)
        top = tf.math.unsorted_segment_max(e, dst, n)
        expo = tf.exp(e - tf.stop_gradient(tf.gather(top, dst)))
        alpha = expo / tf.gather(tf.math.unsorted_segment_sum(expo, dst, n), dst)
        rst = tf.math.unsorted_segment_sum(alpha[:, :, None] * tf.gather(feat, src), dst, n)
        out = tf.squeeze(tf.nn.elu(tf.reshape(rst, (n, -1))) @ w_out, 1)
        return tf.reduce_mean((out - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, d), "edges": edges, "y": arr(n)}, "variables": [fc, attn_l, attn_r, w_out]}
