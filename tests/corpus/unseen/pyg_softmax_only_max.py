"""The edge softmax keeps the group maximum itself instead of subtracting it, so all weights of a node are uniform.
Source: https://github.com/pyg-team/pytorch_geometric/issues/1354"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "out = tf.gather(tf.math.unsorted_segment_max(src, index, num_nodes), index)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, f, classes = 6, 4, 5, 3
    lin = keras.layers.Dense(f, use_bias=False, name="lin")
    lin.build((None, d))
    att_src = tf.Variable(rng.normal(size=(f,)).astype(fx), name="att_src")
    att_dst = tf.Variable(rng.normal(size=(f,)).astype(fx), name="att_dst")
    clf = keras.layers.Dense(classes, name="clf")
    clf.build((None, f))

    def reference(batch):
        h = lin(batch["x"])
        src, dst = batch["edges"][0].numpy(), batch["edges"][1].numpy()
        rows = []
        for i in range(n):
            nb = src[dst == i]
            hj = tf.gather(h, nb)
            e = tf.nn.leaky_relu(tf.linalg.matvec(hj, att_src) + tf.reduce_sum(h[i] * att_dst), 0.2)
            rows.append(tf.reduce_sum(tf.nn.softmax(e)[:, None] * hj, axis=0))
        logits = clf(tf.nn.elu(tf.stack(rows)))
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    def candidate(batch):
        def softmax(src, index, num_nodes):
            out = tf.gather(tf.math.unsorted_segment_max(src, index, num_nodes), index)
            out = tf.exp(out)
            total = tf.gather(tf.math.unsorted_segment_sum(out, index, num_nodes), index)
            return out / (total + 1e-16)

        row, col = batch["edges"][0], batch["edges"][1]
        x = lin(batch["x"])
        alpha_src = tf.reduce_sum(x * att_src, axis=-1)
        alpha_dst = tf.reduce_sum(x * att_dst, axis=-1)
        alpha = tf.nn.leaky_relu(tf.gather(alpha_src, row) + tf.gather(alpha_dst, col), 0.2)
        alpha = softmax(alpha, col, n)
        out = tf.math.unsorted_segment_sum(tf.gather(x, row) * alpha[:, None], col, n)
        log_p = tf.nn.log_softmax(clf(tf.nn.elu(out)))
        return -tf.reduce_mean(tf.gather(log_p, batch["y"], batch_dims=1))

    src = np.concatenate([np.arange(n), [0, 1, 2, 3, 4, 5, 2, 0, 4]])
    dst = np.concatenate([np.arange(n), [1, 2, 3, 4, 5, 0, 0, 3, 1]])
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "edges": np.stack([src, dst]).astype("int32"),
                      "y": rng.integers(0, classes, n).astype("int32")},
            "variables": lin.trainable_variables + [att_src, att_dst] + clf.trainable_variables}
