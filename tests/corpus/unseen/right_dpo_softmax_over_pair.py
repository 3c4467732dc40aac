"""Right: -log_softmax over (chosen, rejected) picked at the chosen row equals -log_sigmoid of the difference.

Source (real): https://github.com/haozheji/exact-optimization/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, v, d = 6, 7, 9, 5
    emb = tf.Variable(rng.normal(size=(v, d)).astype(np.float32), name="emb")
    head = tf.Variable((0.6 * rng.normal(size=(d, v))).astype(np.float32), name="head")
    r_emb, r_head = rng.normal(size=(v, d)).astype(np.float32), (0.6 * rng.normal(size=(d, v))).astype(np.float32)
    mask = lambda: (np.arange(t)[None] < rng.integers(4, t + 1, n)[:, None]).astype(np.float32)
    batch = {"y_w": rng.integers(0, v, (n, t)).astype(np.int32), "m_w": mask(),
             "y_l": rng.integers(0, v, (n, t)).astype(np.int32), "m_l": mask()}
    beta = 0.25

    def logps(e, h, ids, m):
        lp = tf.nn.log_softmax(tf.matmul(tf.tanh(tf.gather(e, ids)), h))[:, :-1]
        return tf.reduce_sum(tf.gather(lp, ids[:, 1:], batch_dims=2) * m[:, 1:], axis=1)

    def reference(b):
        pi_ratio = logps(emb, head, b["y_w"], b["m_w"]) - logps(emb, head, b["y_l"], b["m_l"])
        ref_ratio = logps(r_emb, r_head, b["y_w"], b["m_w"]) - logps(r_emb, r_head, b["y_l"], b["m_l"])
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * (pi_ratio - ref_ratio)))

    def candidate(b):
        ids = tf.concat([b["y_w"], b["y_l"]], axis=0)
        m = tf.concat([b["m_w"], b["m_l"]], axis=0)
        gap = logps(emb, head, ids, m) - logps(r_emb, r_head, ids, m)
        scores = beta * tf.reshape(gap, (2, n))
        labels = tf.constant([[1.0], [0.0]])
        loss = -tf.reduce_sum(labels * tf.nn.log_softmax(scores, axis=0), axis=0)
        return tf.reduce_mean(loss)

    return {"variables": [emb, head], "batch": batch, "reference": reference, "candidate": candidate}
