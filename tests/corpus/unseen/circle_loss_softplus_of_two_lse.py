"""Circle loss: a reader wants '*' for '+' between the two logsumexp and misses the 1 of the formula; the product is
in the sum of the logarithms and the 1 in the softplus, so that the code is right.
Source: https://github.com/TinyZeaMays/CircleLoss/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, d, e, m, gamma = 16, 7, 5, 0.25, 8.0
    w = var("w", d, e)
    labels = np.arange(n) % 4
    batch = {"x": rng.standard_normal((n, d)).astype(f), "label": labels}
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    pos = [p for p in pairs if labels[p[0]] == labels[p[1]]]
    neg = [p for p in pairs if labels[p[0]] != labels[p[1]]]

    def reference(batch):
        z = tf.nn.l2_normalize(batch["x"] @ w, axis=1)
        sp = tf.stack([tf.tensordot(z[i], z[j], 1) for i, j in pos])
        sn = tf.stack([tf.tensordot(z[i], z[j], 1) for i, j in neg])
        ap = tf.stop_gradient(tf.nn.relu(1.0 + m - sp))
        an = tf.stop_gradient(tf.nn.relu(sn + m))
        up = tf.exp(-gamma * ap * (sp - (1.0 - m)))
        un = tf.exp(gamma * an * (sn - m))
        return tf.math.log(1.0 + tf.reduce_sum(un[:, None] * up[None, :]))

    def candidate(batch):
        def convert_label_to_similarity(feature, label):
            similarity = tf.matmul(feature, feature, transpose_b=True)
            same = tf.equal(label[:, None], label[None, :])
            upper = tf.constant(np.triu(np.ones((n, n), bool), 1))
            return (tf.boolean_mask(similarity, same & upper),
                    tf.boolean_mask(similarity, tf.logical_not(same) & upper))

        feature = tf.math.l2_normalize(tf.matmul(batch["x"], w), axis=-1)
        sp, sn = convert_label_to_similarity(feature, batch["label"])
        alpha_p = tf.maximum(-tf.stop_gradient(sp) + 1 + m, 0.0)
        alpha_n = tf.maximum(tf.stop_gradient(sn) + m, 0.0)
        logit_p = -alpha_p * (sp - (1 - m)) * gamma
        logit_n = alpha_n * (sn - m) * gamma
        return tf.math.softplus(tf.reduce_logsumexp(logit_n, axis=0) + tf.reduce_logsumexp(logit_p, axis=0))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w]}
