"""Spektral's crystal convolution after the release that flipped index_i and index_j: z is still x_i || x_j || e_ij, with
the two ends exchanged.
Source: https://github.com/danielegrattarola/spektral/issues/240"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "index_i, index_j = a[:, 1], a[:, 0]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    nodes, d, s, edges = 5, 3, 2, 9
    wf, ws = var("wf", 2 * d + s, d), var("ws", 2 * d + s, d)
    head = var("head", d, 1)
    ind = np.array([[0, 1], [0, 2], [1, 2], [1, 3], [2, 0], [2, 4], [3, 0], [4, 1], [4, 3]])

    def reference(batch):
        rows = []
        for i in range(nodes):
            h = batch["x"][i]
            for k in range(edges):
                if ind[k, 0] == i:
                    z = tf.concat([batch["x"][i], batch["x"][ind[k, 1]], batch["e"][k]], 0)[None]
                    h += (tf.sigmoid(z @ wf) * tf.nn.softplus(z @ ws))[0]
            rows.append(h)
        pred = tf.stack(rows) @ head
        return tf.reduce_mean((pred[:, 0] - batch["y"]) ** 2)

    def candidate(batch):
        x, a, e = batch["x"], batch["a"], batch["e"]
        index_i, index_j = a[:, 1], a[:, 0]
        x_i, x_j = tf.gather(x, index_i), tf.gather(x, index_j)
        z = tf.concat([x_i, x_j, e], axis=-1)
        messages = tf.sigmoid(tf.matmul(z, wf)) * tf.nn.softplus(tf.matmul(z, ws))
        embeddings = x + tf.math.unsorted_segment_sum(messages, index_i, nodes)
        pred = tf.squeeze(tf.matmul(embeddings, head), axis=-1)
        return tf.reduce_mean(tf.math.squared_difference(pred, batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(nodes, d)).astype(fx), "a": ind.astype("int32"), "e": rng.normal(size=(edges, s)).astype(fx),
                      "y": rng.normal(size=nodes).astype(fx)},
            "variables": [wf, ws, head]}
