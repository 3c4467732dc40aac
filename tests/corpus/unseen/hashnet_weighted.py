"""HashNet pairwise loss in PyTorch, weighted by S/S1 and S/S0: a user asks whether the supplemented form is right.
Source: https://github.com/thuml/HashNet/issues/35"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, bits, c = 5, 6, 4, 3
    w = tf.Variable((0.6 * rng.normal(size=(d, bits))).astype(fx), name="hash_w")
    b = tf.Variable((0.2 * rng.normal(size=(bits,))).astype(fx), name="hash_b")

    def reference(batch):
        left, right = tf.tanh(batch["x1"] @ w + b), tf.tanh(batch["x2"] @ w + b)
        pos, neg, n_pos, n_neg = 0.0, 0.0, 0, 0
        for i in range(n):
            for j in range(n):
                theta = tf.reduce_sum(left[i] * right[j])
                if float(tf.reduce_sum(batch["y1"][i] * batch["y2"][j])) > 0:
                    pos += tf.nn.softplus(-theta)
                    n_pos += 1
                else:
                    neg += tf.nn.softplus(theta)
                    n_neg += 1
        return pos / n_pos + neg / n_neg

    def candidate(batch):
        def pairwise_loss(outputs1, outputs2, label1, label2):
            similarity = tf.cast(tf.matmul(label1, label2, transpose_b=True) > 0, outputs1.dtype)
            dot_product = tf.matmul(outputs1, outputs2, transpose_b=True)
            exp_loss = tf.math.log(1.0 + tf.exp(-tf.abs(dot_product)))
            exp_loss += tf.maximum(dot_product, 0.0) - similarity * dot_product
            S1 = tf.reduce_sum(similarity)
            S0 = tf.reduce_sum(1.0 - similarity)
            S = S0 + S1
            exp_loss = tf.where(similarity > 0, exp_loss * (S / S1), exp_loss * (S / S0))
            return tf.reduce_sum(exp_loss) / S

        codes = tf.tanh(tf.matmul(tf.concat([batch["x1"], batch["x2"]], 0), w) + b)
        first, second = tf.split(codes, 2, axis=0)
        return pairwise_loss(first, second, batch["y1"], batch["y2"])

    def onehot():
        return np.eye(c)[np.concatenate([[0, 1], rng.integers(0, c, n - 2)])].astype(fx)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x1": rng.normal(size=(n, d)).astype(fx), "x2": rng.normal(size=(n, d)).astype(fx),
                      "y1": onehot(), "y2": onehot()},
            "variables": [w, b]}
