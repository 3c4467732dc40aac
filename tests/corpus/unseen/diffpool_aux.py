"""DiffPool: the auxiliary losses of the first pooling layer are forgotten, because it is not in the list of layers that
the loss runs over. Source: https://github.com/dmlc/dgl/issues/3229"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "for diffpool_layer in diffpool_layers:",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, h, c1, c2 = 8, 5, 6, 4, 3
    emb1 = keras.layers.Dense(h, activation="tanh", name="emb1")
    pool1 = keras.layers.Dense(c1, name="pool1")
    emb2 = keras.layers.Dense(h, activation="tanh", name="emb2")
    pool2 = keras.layers.Dense(c2, name="pool2")
    head = keras.layers.Dense(3, name="head")
    for lay, dim in ((emb1, d), (pool1, d), (emb2, h), (pool2, h), (head, h)):
        lay.build((n, dim))

    def reference(batch):
        a, x = batch["adj"], batch["x"]
        s1 = tf.nn.softmax(pool1(a @ x))
        z1 = emb1(a @ x)
        x1, a1 = tf.transpose(s1) @ z1, tf.transpose(s1) @ a @ s1
        s2 = tf.nn.softmax(pool2(a1 @ x1))
        z2 = emb2(a1 @ x1)
        x2 = tf.transpose(s2) @ z2
        logits = head(tf.reduce_max(x2, axis=0)[None])
        ce = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))
        link = tf.norm(a - s1 @ tf.transpose(s1)) + tf.norm(a1 - s2 @ tf.transpose(s2))
        ent = -tf.reduce_mean(tf.reduce_sum(s1 * tf.math.log(s1 + 1e-9), 1))
        ent -= tf.reduce_mean(tf.reduce_sum(s2 * tf.math.log(s2 + 1e-9), 1))
        return ce + 0.5 * link + 0.5 * ent

    def candidate(batch):
        class PoolLayer:
            def __init__(self, embed, assign):
                self.embed, self.assign, self.loss_log = embed, assign, {}

            def __call__(self, adj, feat):
                agg = tf.matmul(adj, feat)
                s = tf.nn.softmax(self.assign(agg), axis=-1)
                new_feat = tf.matmul(s, self.embed(agg), transpose_a=True)
                new_adj = tf.matmul(s, tf.matmul(adj, s), transpose_a=True)
                self.loss_log["link"] = tf.norm(adj - tf.matmul(s, s, transpose_b=True))
                self.loss_log["entropy"] = tf.reduce_mean(-tf.reduce_sum(s * tf.math.log(s + 1e-9), axis=-1))
                return new_adj, new_feat

        first_diffpool_layer = PoolLayer(emb1, pool1)
        diffpool_layers = [PoolLayer(emb2, pool2)]
        adj, feat = first_diffpool_layer(batch["adj"], batch["x"])
        for layer in diffpool_layers:
            adj, feat = layer(adj, feat)
        readout = tf.reduce_max(feat, axis=0, keepdims=True)
        pred = head(readout)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(batch["y"], pred, from_logits=True))
        for diffpool_layer in diffpool_layers:
            for value in diffpool_layer.loss_log.values():
                loss += 0.5 * value
        return loss

    a = rng.uniform(size=(n, n)) < 0.4
    a = ((a | a.T) | np.eye(n, dtype=bool)).astype(float)
    vs = []
    for lay in (emb1, pool1, emb2, pool2, head):
        vs += lay.trainable_variables
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "adj": (a / a.sum(1, keepdims=True)).astype(fx),
                      "y": np.array([1])},
            "variables": vs}
