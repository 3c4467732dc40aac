"""The scatter softmax subtracts the maximum over all edges; a node with large scores then distorts the weights of the
other groups. Source: https://github.com/pyg-team/pytorch_geometric/issues/2274"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "out = tf.exp(src - tf.reduce_max(src))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    nodes, d, f = 6, 4, 5
    lin = keras.layers.Dense(f, use_bias=False, name="lin")
    cls = keras.layers.Dense(3, name="cls")
    lin.build((nodes, d))
    cls.build((nodes, f))
    att = tf.Variable(rng.normal(size=2 * f).astype(fx), name="att")

    def reference(batch):
        h = lin(batch["x"])
        src, dst = batch["src"], batch["dst"]
        pair = tf.concat([tf.gather(h, dst), tf.gather(h, src)], axis=1)
        e = tf.nn.leaky_relu(tf.linalg.matvec(pair, att), 0.2) + batch["edge_bias"]
        rows = []
        for i in range(nodes):
            idx = tf.where(tf.equal(dst, i))[:, 0]
            w = tf.nn.softmax(tf.gather(e, idx))
            rows.append(tf.reduce_sum(w[:, None] * tf.gather(h, tf.gather(src, idx)), axis=0))
        logits = cls(tf.nn.elu(tf.stack(rows)))
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def candidate(batch):
        def softmax(src, index, num_nodes):
            out = tf.exp(src - tf.reduce_max(src))
            out_sum = tf.math.unsorted_segment_sum(out, index, num_nodes)
            return out / (tf.gather(out_sum, index) + 1e-16)

        x = lin(batch["x"])
        x_i = tf.gather(x, batch["dst"])
        x_j = tf.gather(x, batch["src"])
        alpha = tf.reduce_sum(tf.concat([x_i, x_j], axis=-1) * att, axis=-1)
        alpha = tf.nn.leaky_relu(alpha, 0.2) + batch["edge_bias"]
        alpha = softmax(alpha, batch["dst"], nodes)
        out = tf.math.unsorted_segment_sum(x_j * alpha[:, None], batch["dst"], nodes)
        logits = cls(tf.nn.elu(out))
        return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(batch["y"], logits, from_logits=True))

    src = np.concatenate([np.arange(nodes), (np.arange(nodes) + 1) % nodes, (np.arange(nodes) + 2) % nodes])
    dst = np.tile(np.arange(nodes), 3)
    scale = np.where(dst < 2, 60.0, 0.0)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(nodes, d)).astype(fx), "src": src, "dst": dst, "edge_bias": scale.astype(fx),
                      "y": rng.integers(0, 3, size=nodes)},
            "variables": lin.trainable_variables + cls.trainable_variables + [att]}
