"""Two-tower retrieval: the logarithm of the candidate sampling probability is added to the logits instead of subtracted.

Source (real): https://github.com/tensorflow/recommenders/issues/278
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'scores = scores + tf.math.log(tf.clip_by_value(b["prob"], 1e-6, 1.0))',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, nu, ni, k = 14, 9, 8, 4
    user = tf.Variable(rng.normal(size=(nu, k)).astype("float32"), name="user")
    item = tf.Variable(rng.normal(size=(ni, k)).astype("float32"), name="item")
    tower = tf.Variable(np.eye(k, dtype="float32") + rng.normal(size=(k, k)).astype("float32") * 0.2, name="tower")
    pop = rng.dirichlet(np.ones(ni) * 0.8) * 0.97 + 0.03 / ni
    iid = rng.choice(ni, n, p=pop)
    batch = {
        "uid": rng.integers(0, nu, n).astype("int32"),
        "iid": iid.astype("int32"),
        "prob": pop[iid].astype("float32"),
        "rating": rng.uniform(0.5, 2.0, n).astype("float32"),
    }
    MIN_FLOAT = -1e9

    def towers(b):
        return tf.gather(user, b["uid"]) @ tower, tf.gather(item, b["iid"])

    def reference(b):
        q, c = towers(b)
        loss = 0.0
        for i in range(n):
            s = tf.linalg.matvec(c, q[i]) - tf.math.log(b["prob"])
            keep = (b["iid"] != b["iid"][i]) | (tf.range(n) == i)
            loss += b["rating"][i] * (tf.reduce_logsumexp(tf.boolean_mask(s, keep)) - s[i])
        return loss / tf.reduce_sum(b["rating"])

    def candidate(b):
        query_embeddings, candidate_embeddings = towers(b)
        scores = tf.matmul(query_embeddings, candidate_embeddings, transpose_b=True)
        labels = tf.eye(n)
        scores = scores + tf.math.log(tf.clip_by_value(b["prob"], 1e-6, 1.0))
        same_id = tf.cast(tf.equal(b["iid"][:, None], b["iid"][None, :]), tf.float32)
        duplicates = same_id - labels
        scores = scores + duplicates * MIN_FLOAT
        ce = tf.nn.softmax_cross_entropy_with_logits(labels, scores)
        return tf.reduce_sum(ce * b["rating"]) / tf.reduce_sum(b["rating"])

    return {"variables": [user, item, tower], "batch": batch, "reference": reference, "candidate": candidate}
