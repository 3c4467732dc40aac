"""PyTorch-Encoding: the soft assignment of features to codewords is normalised over the wrong dimension (B x N x K).
Source: https://github.com/zhanghang1989/PyTorch-Encoding/pull/115"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "assign = tf.nn.softmax(scaled_l2(feats), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, d, k, c = 4, 3, 3, 5, 4, 3
    codewords = keras.Variable(rng.standard_normal((k, d)).astype(f), name="codewords")
    scale = keras.Variable((-rng.uniform(0.2, 1.0, k)).astype(f), name="scale")
    cls = keras.layers.Dense(c, name="cls")
    cls.build((None, k * d))

    def reference(batch):
        x = tf.reshape(batch["fmap"], (n, h * w, d))
        losses = []
        for b in range(n):
            enc = [tf.zeros(d, f) for _ in range(k)]
            for i in range(h * w):
                r = x[b, i][None] - tf.convert_to_tensor(codewords)
                a = tf.nn.softmax(tf.convert_to_tensor(scale) * tf.reduce_sum(r ** 2, axis=1))
                for j in range(k):
                    enc[j] += a[j] * r[j]
            e = tf.math.l2_normalize(tf.concat(enc, 0), epsilon=1e-12)
            lg = cls(e[None])[0]
            losses.append(tf.reduce_logsumexp(lg) - lg[int(batch["y"][b])])
        return tf.add_n(losses) / n

    def candidate(batch):
        c_w, s = tf.convert_to_tensor(codewords), tf.convert_to_tensor(scale)
        feats = tf.reshape(batch["fmap"], (-1, h * w, d))

        def scaled_l2(x):
            diff = x[:, :, None, :] - c_w[None, None]
            return s * tf.reduce_sum(tf.square(diff), axis=3)

        def aggregate(a, x):
            return tf.einsum("bnk,bnd->bkd", a, x) - tf.reduce_sum(a, axis=1)[..., None] * c_w

        assign = tf.nn.softmax(scaled_l2(feats), axis=1)
        enc = tf.reshape(aggregate(assign, feats), (-1, k * d))
        enc = tf.math.l2_normalize(enc, axis=1)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=cls(enc))
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"fmap": rng.standard_normal((n, h, w, d)).astype(f), "y": rng.integers(0, c, n).astype("int32")},
            "variables": [codewords, scale] + cls.trainable_variables}
