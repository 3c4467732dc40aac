"""Contrastive loss: the target multiplies the squared distance, while the paper multiplies the hinge with Y.

Source (real): https://github.com/adambielski/siamese-triplet/issues/36 (PyTorch, ported; "exactly the same, with a different definition of labels Y").
Right answer: EQUIVALENT; the target is one for a similar pair, the paper's Y is one for a dissimilar pair.
"""
import keras
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
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, dim, margin, eps = 24, 6, 3, 1.5, 1e-9

    w = tf.Variable(0.5 * arr(d, dim), name="embed_w")
    b0 = tf.Variable(0.3 * arr(dim), name="embed_b")
    batch = {"x1": arr(n, d), "x2": arr(n, d), "cls1": rng.integers(0, 2, n), "cls2": rng.integers(0, 2, n)}

    def embed(x):
        return tf.sigmoid(x @ w + b0)

    def reference(b):
        dw = tf.norm(embed(b["x1"]) - embed(b["x2"]), axis=1)
        total = 0.0
        for i in range(dw.shape[0]):
            big_y = 1.0 if int(b["cls1"][i]) != int(b["cls2"][i]) else 0.0
            total += (1.0 - big_y) * 0.5 * dw[i] ** 2
            total += big_y * 0.5 * tf.maximum(margin - dw[i], 0.0) ** 2
        return total / dw.shape[0]

    def candidate(b):
        class ContrastiveLoss:
            def __call__(self, output1, output2, target):
                distances = tf.reduce_sum(tf.square(output2 - output1), axis=1)
                losses = 0.5 * (
                    target * distances
                    + (1 + -1 * target) * tf.square(tf.nn.relu(margin - tf.sqrt(distances + eps)))
                )
                return tf.reduce_mean(losses)

        target = tf.cast(b["cls1"] == b["cls2"], f)
        return ContrastiveLoss()(embed(b["x1"]), embed(b["x2"]), target)

    return {"variables": [w, b0], "batch": batch, "reference": reference, "candidate": candidate}
