"""Right: softplus of the negated margin is minus the log-sigmoid of the margin.

Source (real): https://github.com/yuh-yang/KGCL-SIGIR22/issues/15
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    users, items, d, n, decay = 7, 11, 6, 16, 1e-2
    p = tf.Variable(rng.normal(0, 0.7, (users, d)), name="users")
    q = tf.Variable(rng.normal(0, 0.7, (items, d)), name="items")
    batch = {"u": rng.integers(0, users, n), "i": rng.integers(0, items, n), "j": rng.integers(0, items, n)}

    def reference(b):
        total = tf.constant(0.0, tf.float64)
        for k in range(n):
            pu, qi, qj = p[b["u"][k]], q[b["i"][k]], q[b["j"][k]]
            gain = tf.math.log(tf.sigmoid(tf.tensordot(pu, qi, 1) - tf.tensordot(pu, qj, 1)))
            size = tf.norm(pu) ** 2 + tf.norm(qi) ** 2 + tf.norm(qj) ** 2
            total += -gain + decay * 0.5 * size
        return total / n

    def candidate(b):
        pu, qi, qj = tf.gather(p, b["u"]), tf.gather(q, b["i"]), tf.gather(q, b["j"])
        pos_scores = tf.reduce_sum(pu * qi, axis=1)
        neg_scores = tf.reduce_sum(pu * qj, axis=1)
        loss = tf.reduce_mean(tf.nn.softplus(-(pos_scores - neg_scores)))
        reg_loss = (tf.nn.l2_loss(pu) + tf.nn.l2_loss(qi) + tf.nn.l2_loss(qj)) / n
        return loss + decay * reg_loss

    return {"variables": [p, q], "batch": batch, "reference": reference, "candidate": candidate}
