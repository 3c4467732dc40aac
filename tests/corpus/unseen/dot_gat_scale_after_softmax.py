"""DotGatConv divides by sqrt(out_feats) after the edge softmax, so the weights no longer sum to one and the logits stay unscaled.
Source: https://github.com/dmlc/dgl/issues/3267"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "edata_sa = edge_softmax(edata_a) / out_feats ** 0.5",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    nodes, in_feats, out_feats, classes = 14, 5, 6, 3
    pairs = [(u, v) for u in range(nodes) for v in range(nodes) if (u + 2 * v) % 4 == 1 or u == v]
    src = np.array([p[0] for p in pairs], "int32")
    dst = np.array([p[1] for p in pairs], "int32")
    w = tf.Variable(rng.normal(size=(in_feats, out_feats)) * 0.7, dtype=f, name="fc")
    head = tf.Variable(rng.normal(size=(out_feats, classes)), dtype=f, name="head")
    batch = {
        "feat": rng.normal(size=(nodes, in_feats)).astype(f),
        "label": rng.integers(0, classes, size=nodes).astype("int32"),
        "src": src,
        "dst": dst,
    }

    def classify(h, label):
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=tf.matmul(h, head)))

    def reference(batch):
        h = tf.matmul(batch["feat"], w)
        where = tf.stack([batch["dst"], batch["src"]], axis=1)
        adj = tf.scatter_nd(where, tf.ones(tf.shape(batch["src"]), f), (nodes, nodes))
        logits = tf.matmul(h, h, transpose_b=True) / np.sqrt(out_feats)
        att = tf.nn.softmax(tf.where(adj > 0, logits, tf.constant(-1e9, f)), axis=1)
        return classify(tf.matmul(att, h), batch["label"])

    def candidate(batch):
        src, dst = batch["src"], batch["dst"]

        def edge_softmax(e):
            top = tf.math.unsorted_segment_max(e, dst, nodes)
            e = tf.exp(e - tf.gather(top, dst))
            return e / tf.gather(tf.math.unsorted_segment_sum(e, dst, nodes), dst)

        ft = tf.matmul(batch["feat"], w)
        ft_src, ft_dst = tf.gather(ft, src), tf.gather(ft, dst)
        edata_a = tf.reduce_sum(ft_src * ft_dst, axis=-1)
        edata_sa = edge_softmax(edata_a) / out_feats ** 0.5
        agg = tf.math.unsorted_segment_sum(ft_src * edata_sa[:, None], dst, nodes)
        return classify(agg, batch["label"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, head]}
