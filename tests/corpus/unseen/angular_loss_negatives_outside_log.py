"""Angular loss for metric learning: log(1 + sum over negatives of exp(f)) was written as an average of log(1 + exp(f)),
the sum over the negatives belongs inside the logarithm.
Source: https://github.com/KevinMusgrave/pytorch-metric-learning/issues/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "per_pair.append(tf.reduce_mean(tf.math.log1p(tf.exp(tf.stack(exponents)))))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, dim = 12, 5, 4
    w = tf.Variable(rng.normal(size=(feat, dim)).astype(f), name="w")
    b = tf.Variable(rng.normal(size=(dim,)).astype(f) * 0.1, name="b")
    sq_tan = float(np.tan(np.radians(40.0)) ** 2)
    base = rng.normal(size=(n, feat))

    def embed(x):
        return tf.math.l2_normalize(tf.matmul(x, w) + b, axis=-1)

    def reference(batch):
        a, p = embed(batch["anchor"]), embed(batch["positive"])
        ap = tf.reduce_sum(a * p, axis=1)
        mixed = tf.matmul(a + p, p, transpose_b=True)
        logits = 4.0 * sq_tan * mixed - 2.0 * (1.0 + sq_tan) * ap[:, None]
        drop = tf.eye(n, dtype=f)
        logits = logits * (1 - drop) - 1e4 * drop
        with_zero = tf.concat([tf.zeros((n, 1), f), logits], axis=1)
        return tf.reduce_mean(tf.reduce_logsumexp(with_zero, axis=1))

    def candidate(batch):
        class AngularLoss:
            def __init__(self, alpha):
                self.sq_tan_alpha = np.tan(np.radians(alpha)) ** 2

            def exponent(self, anc, pos, neg):
                first = 4.0 * float(self.sq_tan_alpha) * tf.tensordot(anc + pos, neg, 1)
                second = 2.0 * (1.0 + float(self.sq_tan_alpha)) * tf.tensordot(anc, pos, 1)
                return first - second

            def __call__(self, anchors, positives):
                per_pair = []
                for i in range(n):
                    exponents = []
                    for j in range(n):
                        if i != j:
                            exponents.append(self.exponent(anchors[i], positives[i], positives[j]))
                    per_pair.append(tf.reduce_mean(tf.math.log1p(tf.exp(tf.stack(exponents)))))
                return tf.add_n(per_pair) / n

        return AngularLoss(40.0)(embed(batch["anchor"]), embed(batch["positive"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"anchor": base.astype(f), "positive": (base + 0.4 * rng.normal(size=(n, feat))).astype(f)},
            "variables": [w, b]}
