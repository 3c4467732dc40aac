"""GCNConv multiplies the features by the normalised Laplacian I - A instead of the normalised adjacency.
Source: https://github.com/FluxML/GeometricFlux.jl/issues/249"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "conv_matrix = eye - normalized",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, f, classes = 7, 4, 6, 3
    w1 = keras.layers.Dense(f, name="gcn1")
    w2 = keras.layers.Dense(classes, name="gcn2")
    w1.build((None, d))
    w2.build((None, f))

    def reference(batch):
        a = batch["adj"].numpy()
        deg = a.sum(1) + 1.0

        def propagate(h):
            rows = []
            for i in range(n):
                acc = h[i] / deg[i]
                for j in np.flatnonzero(a[i]):
                    acc += h[j] / np.sqrt(deg[i] * deg[j])
                rows.append(acc)
            return tf.stack(rows)

        logits = propagate(w2(tf.nn.relu(propagate(w1(batch["x"])))))
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits)
        return tf.reduce_sum(nll * batch["train_mask"]) / tf.reduce_sum(batch["train_mask"])

    def candidate(batch):
        eye = tf.eye(n, dtype=batch["adj"].dtype)
        a_tilde = batch["adj"] + eye
        d_inv_sqrt = tf.math.rsqrt(tf.reduce_sum(a_tilde, axis=1))
        normalized = d_inv_sqrt[:, None] * a_tilde * d_inv_sqrt[None, :]
        conv_matrix = eye - normalized
        hidden = tf.nn.relu(tf.matmul(conv_matrix, w1(batch["x"])))
        out = tf.matmul(conv_matrix, w2(hidden))
        picked = tf.gather(tf.nn.log_softmax(out, axis=1), batch["y"], batch_dims=1)
        return -tf.reduce_sum(picked * batch["train_mask"]) / tf.reduce_sum(batch["train_mask"])

    upper = np.triu(rng.uniform(size=(n, n)) < 0.4, 1)
    upper[0, 1] = upper[2, 3] = upper[1, 4] = True
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "adj": (upper + upper.T).astype(fx),
                      "y": rng.integers(0, classes, n).astype("int32"), "train_mask": (np.arange(n) < 5).astype(fx)},
            "variables": w1.trainable_variables + w2.trainable_variables}
