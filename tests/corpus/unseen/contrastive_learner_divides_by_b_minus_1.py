"""NT-Xent: the cross entropies of all 2b rows are summed, but the sum is divided by 2 * (b - 1).

Source (real): https://github.com/lucidrains/contrastive-learner/issues/2 (nt_xent_loss, PyTorch, ported).
Right answer: NOT equivalent; there are 2b rows, so loss and gradients are too big by b / (b - 1).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss /= 2 * (batch - 1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, proj = 12, 6, 4
    temperature = 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.5 * arr(d, proj), name="projector")
    bias = tf.Variable(0.2 * arr(proj), name="projector_bias")
    x = arr(n, d)
    batch = {"view1": x + 0.4 * arr(n, d), "view2": x + 0.4 * arr(n, d)}

    def project(x):
        return tf.math.l2_normalize(x @ w + bias, axis=-1)

    def reference(b):
        m = b["view1"].shape[0]
        z = tf.unstack(tf.concat([project(b["view1"]), project(b["view2"])], axis=0))
        rows = []
        for i in range(2 * m):
            partner = (i + m) % (2 * m)
            sims = {k: tf.reduce_sum(z[i] * z[k]) / temperature for k in range(2 * m) if k != i}
            rows.append(tf.reduce_logsumexp(tf.stack(list(sims.values()))) - sims[partner])
        return tf.reduce_mean(tf.stack(rows))

    def candidate(b):
        def nt_xent_loss(queries, keys):
            batch = queries.shape[0]
            total = batch * 2
            projs = tf.concat([queries, keys], axis=0)
            logits = projs @ tf.transpose(projs)
            mask = ~tf.eye(total, dtype=tf.bool)
            logits = tf.reshape(tf.boolean_mask(logits, mask), [total, total - 1])
            logits /= temperature
            labels = tf.concat([tf.range(batch) + batch - 1, tf.range(batch)], axis=0)
            loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
            loss /= 2 * (batch - 1)
            return loss

        return nt_xent_loss(project(b["view1"]), project(b["view2"]))

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
