"""Contrastive loss over several devices: embeddings gathered from the other devices carry no gradient, so the averaged gradient is not that of the large batch.

Source (real): https://github.com/huggingface/accelerate/issues/1154
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'docs = tf.concat([p if j == rank else tf.stop_gradient(p) for j, p in enumerate(parts)], 0)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, world, dq, dd, d, temp = 16, 4, 5, 7, 6, 0.2
    per = n // world
    q_tower = tf.Variable(rng.normal(0, 0.6, (dq, d)), name="query_tower", dtype=tf.float32)
    d_tower = tf.Variable(rng.normal(0, 0.6, (dd, d)), name="doc_tower", dtype=tf.float32)
    batch = {"query": rng.normal(size=(n, dq)).astype(np.float32), "doc": rng.normal(size=(n, dd)).astype(np.float32)}

    def embed(x, w):
        return tf.math.l2_normalize(x @ w, axis=-1)

    def local_loss(q, docs_, rank):
        logits = q @ tf.transpose(docs_) / temp
        labels = tf.range(per) + rank * per
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    def reference(b):
        q, dn = embed(b["query"], q_tower), embed(b["doc"], d_tower)
        logits = q @ tf.transpose(dn) / temp
        logp = tf.nn.log_softmax(logits, axis=1)
        return -tf.reduce_mean(tf.linalg.diag_part(logp))

    def candidate(b):
        losses = []
        queries = tf.split(b["query"], world)
        parts = [embed(x, d_tower) for x in tf.split(b["doc"], world)]
        for rank in range(world):
            q = embed(queries[rank], q_tower)
            docs = tf.concat([p if j == rank else tf.stop_gradient(p) for j, p in enumerate(parts)], 0)
            losses.append(local_loss(q, docs, rank))
        return tf.add_n(losses) / world

    return {"variables": [q_tower, d_tower], "batch": batch, "reference": reference, "candidate": candidate}
