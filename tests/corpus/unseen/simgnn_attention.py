"""SimGNN attention layer over node embeddings: what it hands on as the graph's embedding.
Source: https://github.com/pulkit1joshi/SimGNN/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'return tf.squeeze(context, axis=0)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    pairs, nodes, d = 4, 5, 4
    gcn = tf.Variable(rng.normal(0, 0.7, (3, d)).astype(fx), name="gcn")
    att = tf.Variable(rng.normal(0, 0.7, (d, d)).astype(fx), name="att")
    head = tf.Variable(rng.normal(0, 0.7, (2 * d, 1)).astype(fx), name="head")

    def reference(batch):
        def embed(feat, adj):
            h = tf.nn.relu(tf.einsum("bij,bjf->bif", adj, feat) @ gcn)
            c = tf.tanh(tf.reduce_mean(h @ att, axis=1))
            a = tf.sigmoid(tf.einsum("bnd,bd->bn", h, c))
            return tf.einsum("bn,bnd->bd", a, h)

        both = tf.concat([embed(batch["x1"], batch["a1"]), embed(batch["x2"], batch["a2"])], axis=1)
        pred = tf.sigmoid(both @ head)[:, 0]
        return tf.reduce_mean(tf.square(pred - batch["ged"]))

    def candidate(batch):
        def attention(embedding):
            context = tf.tanh(tf.reduce_mean(tf.matmul(embedding, att), axis=0, keepdims=True))
            scores = tf.sigmoid(tf.matmul(embedding, context, transpose_b=True))
            pooled = tf.matmul(scores, embedding, transpose_a=True)
            return tf.squeeze(context, axis=0)

        errors = []
        for i in range(pairs):
            sides = []
            for k in ("1", "2"):
                h = tf.nn.relu(tf.matmul(tf.matmul(batch["a" + k][i], batch["x" + k][i]), gcn))
                sides.append(attention(h))
            score = tf.sigmoid(tf.matmul(tf.concat(sides, 0)[None], head))[0, 0]
            errors.append((score - batch["ged"][i]) ** 2)
        return tf.reduce_mean(tf.stack(errors))

    def adj():
        a = (rng.uniform(size=(pairs, nodes, nodes)) < 0.5) + np.eye(nodes)
        return (a / a.sum(-1, keepdims=True)).astype(fx)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x1": rng.normal(size=(pairs, nodes, 3)).astype(fx), "a1": adj(),
                      "x2": rng.normal(size=(pairs, nodes, 3)).astype(fx), "a2": adj(),
                      "ged": rng.uniform(size=pairs).astype(fx)},
            "variables": [gcn, att, head]}
