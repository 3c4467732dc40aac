"""PyG TAGConv: the K-hop filter is documented on D^-1/2 A D^-1/2, but the norm borrowed from GCNConv puts self-loops in.
Source: https://github.com/pyg-team/pytorch_geometric/issues/1104"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "row, col, weight = add_self_loops(row, col, weight)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, c, K = 7, 4, 3, 2
    lin = keras.layers.Dense(c, name="lin")
    lin.build((None, d * (K + 1)))
    gate = keras.Variable((1 + 0.3 * rng.standard_normal(d)).astype(f), name="feat_gate")
    pairs = [(i, (i + 1) % n) for i in range(n)] + [(0, 3), (2, 5)]
    edges = np.array(pairs + [(b, a) for a, b in pairs]).T

    def reference(batch):
        e = batch["edge_index"].numpy()
        A = np.zeros((n, n), f)
        A[e[1], e[0]] = 1.0
        dinv = A.sum(1) ** -0.5
        P = tf.constant((dinv[:, None] * A * dinv[None]).astype(f))
        h = batch["x"] * gate
        hops = [h, P @ h, P @ (P @ h)]
        return tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(
            batch["y"], lin(tf.concat(hops, axis=1)), from_logits=True))

    def candidate(batch):
        def add_self_loops(r, c_, w):
            loop = tf.range(n, dtype=r.dtype)
            return (tf.concat([r, loop], 0), tf.concat([c_, loop], 0),
                    tf.concat([w, tf.ones(n, w.dtype)], 0))

        def norm(edge_index, dtype):
            row, col = edge_index[0], edge_index[1]
            weight = tf.ones(tf.shape(row)[0], dtype)
            row, col, weight = add_self_loops(row, col, weight)
            deg = tf.math.unsorted_segment_sum(weight, row, n)
            deg_inv_sqrt = tf.where(deg > 0, tf.math.rsqrt(deg), tf.zeros_like(deg))
            return row, col, tf.gather(deg_inv_sqrt, row) * weight * tf.gather(deg_inv_sqrt, col)

        x = batch["x"] * tf.convert_to_tensor(gate)
        row, col, w = norm(batch["edge_index"], x.dtype)
        xs = [x]
        for _ in range(K):
            messages = w[:, None] * tf.gather(xs[-1], row)
            xs.append(tf.math.unsorted_segment_sum(messages, col, n))
        logits = lin(tf.concat(xs, axis=-1))
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(nll)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(f), "edge_index": edges.astype("int32"),
                      "y": rng.integers(0, c, n).astype("int32")},
            "variables": [gate] + lin.trainable_variables}
