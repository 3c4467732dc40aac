"""AGNNConv groups its softmax by the aggregating node i; the reporter expected grouping by j, the maintainer confirms i. Source: https://github.com/pyg-team/pytorch_geometric/issues/227"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    N, d, k = 5, 4, 3
    lin = var("lin", d, d)
    beta = tf.Variable(np.array(1.4).astype(fx), name="beta")
    out_w = var("out_w", d, k)

    def reference(batch):
        x = tf.nn.relu(batch["x"] @ lin)
        xn = x / tf.sqrt(tf.reduce_sum(x * x, 1, keepdims=True) + 1e-6)
        adj = tf.scatter_nd(tf.stack([batch["dst"], batch["src"]], 1), tf.ones_like(batch["edge_w"]), [N, N])
        e = tf.exp(beta * (xn @ tf.transpose(xn))) * adj
        p = e / tf.reduce_sum(e, 1, keepdims=True)
        logits = p @ x @ out_w
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def candidate(batch):
        def softmax(src, index, num_nodes):
            top = tf.stop_gradient(tf.math.unsorted_segment_max(src, index, num_nodes))
            ex = tf.exp(src - tf.gather(top, index))
            return ex / tf.gather(tf.math.unsorted_segment_sum(ex, index, num_nodes), index)

        x = tf.nn.relu(tf.matmul(batch["x"], lin))
        x_norm = x * tf.math.rsqrt(tf.reduce_sum(tf.square(x), -1, keepdims=True) + 1e-6)
        edge_index_j, edge_index_i = batch["src"], batch["dst"]
        alpha = beta * tf.reduce_sum(tf.gather(x_norm, edge_index_i) * tf.gather(x_norm, edge_index_j), axis=-1)
        alpha = softmax(alpha, edge_index_i, N)
        msg = tf.gather(x, edge_index_j) * tf.reshape(alpha, [-1, 1])
        aggr = tf.math.unsorted_segment_sum(msg, edge_index_i, N)
        logp = tf.nn.log_softmax(tf.matmul(aggr, out_w))
        return -tf.reduce_mean(tf.gather(logp, batch["y"], batch_dims=1))

    src = np.array([0, 1, 2, 3, 4, 0, 2, 3, 4, 1])
    dst = np.array([0, 1, 2, 3, 4, 1, 1, 0, 2, 3])
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((N, d)).astype(fx), "src": src, "dst": dst,
                      "edge_w": np.ones(10).astype(fx), "y": rng.integers(0, k, N)},
            "variables": [lin, beta, out_w]}
