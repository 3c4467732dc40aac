"""CTR-GCN normalises its directed skeleton graph by columns, but the einsum weights the rows, so the
weights of one node's neighbours do not sum to one and information runs against the edges.
Source: https://github.com/Uason-Chen/CTR-GCN/issues/34"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'y = tf.einsum("uv,nvc->nuc", A, x3)',
    "same_forward_value": False,
}

EDGES = [(0, 1), (1, 2), (1, 3), (3, 4), (0, 4), (2, 4), (5, 4), (4, 5), (5, 0)]
JOINTS = 6


def in_edges(joint):
    return [u for u, v in EDGES if v == joint] + [joint]


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, c_in, c_out, classes = 16, 3, 5, 4
    w = tf.Variable(rng.standard_normal((c_in, c_out)).astype(f), name="conv3")
    head = tf.Variable(0.5 * rng.standard_normal((c_out, classes)).astype(f), name="fc")
    batch = {
        "skeleton": rng.standard_normal((n, JOINTS, c_in)).astype(f),
        "label": rng.integers(0, classes, n).astype("int32"),
    }

    def reference(b):
        feats = tf.unstack(b["skeleton"] @ w, axis=1)
        nodes = []
        for joint in range(JOINTS):
            senders = in_edges(joint)
            nodes.append(tf.nn.tanh(tf.add_n([feats[u] for u in senders]) / len(senders)))
        pooled = tf.add_n(nodes) / JOINTS
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=pooled @ head))

    def candidate(b):
        def edge2mat(link):
            mat = np.zeros((JOINTS, JOINTS))
            for u, v in link:
                mat[u, v] = 1
            return mat

        def normalize_digraph(mat):
            dl = mat.sum(0)
            dn = np.diag([1.0 / s if s > 0 else 0.0 for s in dl])
            return (mat @ dn).astype(f)

        A = normalize_digraph(edge2mat(EDGES) + np.eye(JOINTS))
        x3 = tf.einsum("nvc,cd->nvd", b["skeleton"], w)
        y = tf.einsum("uv,nvc->nuc", A, x3)
        logits = tf.matmul(tf.reduce_mean(tf.tanh(y), axis=1), head)
        ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return ce(b["label"], logits)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, head]}
