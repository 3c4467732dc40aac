"""The attention weights of the GAT layer are exp(logit) over the neighbourhood sum without subtracting the maximum,
which overflows. Source: https://github.com/JuliaGraphs/GraphNeuralNetworks.jl/pull/244"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "alpha = tf.exp(logits)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    nodes, f, d, c = 6, 4, 3, 2
    w = tf.Variable(rng.normal(size=(f, d)).astype(fx), name="w")
    a_src = tf.Variable(rng.normal(size=(d,)).astype(fx), name="a_src")
    a_dst = tf.Variable(rng.normal(size=(d,)).astype(fx), name="a_dst")
    bias = tf.Variable(np.array([900.0]).astype(fx), name="bias")
    w_out = tf.Variable(rng.normal(size=(d, c)).astype(fx), name="w_out")

    def reference(batch):
        h = tf.matmul(batch["x"], w)
        s, t = tf.linalg.matvec(h, a_src), tf.linalg.matvec(h, a_dst)
        out = []
        for i in range(nodes):
            nb = tf.boolean_mask(batch["edges"][:, 0], batch["edges"][:, 1] == i)
            e = tf.nn.leaky_relu(tf.gather(s, nb) + t[i] + bias, 0.2)
            out.append(tf.reduce_sum(tf.nn.softmax(e)[:, None] * tf.gather(h, nb), axis=0))
        logits = tf.matmul(tf.nn.elu(tf.stack(out)), w_out)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    def candidate(batch):
        src, dst = batch["edges"][:, 0], batch["edges"][:, 1]
        wx = tf.matmul(batch["x"], w)
        wxi, wxj = tf.gather(wx, dst), tf.gather(wx, src)
        logits = tf.reduce_sum(a_dst * wxi, axis=1) + tf.reduce_sum(a_src * wxj, axis=1) + bias
        logits = tf.nn.leaky_relu(logits, alpha=0.2)
        alpha = tf.exp(logits)
        denom = tf.math.unsorted_segment_sum(alpha, dst, nodes)
        num = tf.math.unsorted_segment_sum(alpha[:, None] * wxj, dst, nodes)
        h = tf.nn.elu(num / denom[:, None])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], tf.matmul(h, w_out))
        return tf.reduce_sum(ce) / nodes

    edges = [(i, i) for i in range(nodes)] + [(0, 1), (2, 1), (3, 1), (4, 0), (5, 0), (1, 2), (2, 3), (0, 4), (3, 5)]
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(nodes, f)).astype(fx), "edges": np.array(edges, "int32"),
                      "y": rng.integers(0, c, nodes).astype("int32")},
            "variables": [w, a_src, a_dst, bias, w_out]}
