"""GraphSAGE: the loss that already holds the weight decay is assigned anew instead of being added to.

Source (real): https://github.com/williamleif/GraphSAGE/issues/21 (TensorFlow 1, ported; fix: self.loss += ...).
Right answer: NOT equivalent; no weight decay.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'self.loss = self.link_loss(out1, out2, neg) / b["x1"].shape[0]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, neigh, hid, negs, decay = 14, 5, 3, 4, 6, 0.05

    agg = tf.Variable(0.6 * arr(d, hid), name="aggregator")
    out_w = tf.Variable(0.6 * arr(d, hid), name="self_w")
    batch = {
        "x1": arr(n, d),
        "n1": arr(n, neigh, d),
        "x2": arr(n, d),
        "n2": arr(n, neigh, d),
    }
    neg_x = tf.constant(arr(negs, d))

    def sage(x, around):
        return tf.math.l2_normalize(tf.nn.elu(x @ out_w + tf.reduce_mean(around, 1) @ agg), 1)

    def reference(b):
        o1, o2 = sage(b["x1"], b["n1"]), sage(b["x2"], b["n2"])
        ng = tf.math.l2_normalize(tf.nn.elu(neg_x @ out_w), 1)
        m = o1.shape[0]
        total = decay * 0.5 * (tf.reduce_sum(agg**2) + tf.reduce_sum(out_w**2))
        for i in range(m):
            total += tf.nn.softplus(-tf.tensordot(o1[i], o2[i], 1)) / m
            for k in range(negs):
                total += tf.nn.softplus(tf.tensordot(o1[i], ng[k], 1)) / m
        return total

    def candidate(b):
        class SampleAndAggregate:
            def __init__(self):
                self.loss = 0.0

            def link_loss(self, out1, out2, neg):
                aff = tf.reduce_sum(out1 * out2, axis=1)
                neg_aff = tf.matmul(out1, neg, transpose_b=True)
                true_xent = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(aff), logits=aff)
                negative_xent = tf.nn.sigmoid_cross_entropy_with_logits(
                    labels=tf.zeros_like(neg_aff), logits=neg_aff
                )
                return tf.reduce_sum(true_xent) + tf.reduce_sum(negative_xent)

            def _loss(self):
                for var in (agg, out_w):
                    self.loss += decay * tf.nn.l2_loss(var)
                out1, out2 = sage(b["x1"], b["n1"]), sage(b["x2"], b["n2"])
                neg = tf.math.l2_normalize(tf.nn.elu(neg_x @ out_w), 1)
                self.loss = self.link_loss(out1, out2, neg) / b["x1"].shape[0]
                return self.loss

        return SampleAndAggregate()._loss()

    return {"variables": [agg, out_w], "batch": batch, "reference": reference, "candidate": candidate}
