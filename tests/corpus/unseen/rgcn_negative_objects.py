"""R-GCN link prediction: the negative sampler takes the objects from row 0 of edge_index, i.e. the subjects again.
Source: https://github.com/pyg-team/pytorch_geometric/pull/2734"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'o = tf.gather(batch["edge_index"][0], perm)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    nodes, rels, d, e = 8, 3, 5, 7
    z = tf.Variable(rng.standard_normal((nodes, d)).astype(fx), name="z")
    rel = tf.Variable(rng.standard_normal((rels, d)).astype(fx), name="rel")

    def reference(batch):
        ei, et = batch["edge_index"], batch["edge_type"]
        losses = []
        for k in range(e):
            s, o, r = z[ei[0, k]], z[ei[1, k]], rel[et[k]]
            losses.append(tf.nn.softplus(-tf.reduce_sum(s * r * o)))
        for k in range(e):
            j = batch["perm"][k]
            subj, obj = ei[0, j], ei[1, j]
            if bool(batch["corrupt_subject"][k]):
                subj = batch["random_node"][k]
            else:
                obj = batch["random_node"][k]
            losses.append(tf.nn.softplus(tf.reduce_sum(z[subj] * rel[et[j]] * z[obj])))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        def score(s, r, o):
            return tf.reduce_sum(tf.gather(z, s) * tf.gather(rel, r) * tf.gather(z, o), axis=1)

        perm = batch["perm"]
        s = tf.gather(batch["edge_index"][0], perm)
        r = tf.gather(batch["edge_type"], perm)
        o = tf.gather(batch["edge_index"][0], perm)
        s = tf.where(batch["corrupt_subject"], batch["random_node"], s)
        o = tf.where(batch["corrupt_subject"], o, batch["random_node"])
        pos = score(batch["edge_index"][0], batch["edge_type"], batch["edge_index"][1])
        neg = score(s, r, o)
        logits = tf.concat([pos, neg], axis=0)
        labels = tf.concat([tf.ones_like(pos), tf.zeros_like(neg)], axis=0)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))

    src = rng.integers(0, nodes, e)
    ei = np.stack([src, (src + rng.integers(1, nodes, e)) % nodes]).astype("int32")
    return {"reference": reference, "candidate": candidate,
            "batch": {"edge_index": ei, "edge_type": rng.integers(0, rels, e).astype("int32"),
                      "perm": rng.permutation(e).astype("int32"),
                      "corrupt_subject": np.arange(e) % 2 == 0,
                      "random_node": rng.integers(0, nodes, e).astype("int32")},
            "variables": [z, rel]}
