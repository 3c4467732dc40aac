"""Caption attention masks the weights after the softmax and renormalises; that equals masking before it.
Source: https://github.com/ruotianluo/self-critical.pytorch/issues/89"""
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
    fx = keras.config.floatx()
    b, r, d, h, v = 4, 6, 5, 4, 7
    w_f = tf.Variable(rng.normal(size=(d, h)).astype(fx), name="ctx2att")
    w_h = tf.Variable(rng.normal(size=(h, h)).astype(fx), name="h2att")
    alpha = tf.Variable(rng.normal(size=(h,)).astype(fx), name="alpha_net")
    w_o = tf.Variable(rng.normal(size=(d, v)).astype(fx), name="logit")
    counts = rng.integers(2, r + 1, size=b)

    def reference(batch):
        total = 0.0
        for i in range(b):
            m = int(tf.reduce_sum(batch["mask"][i]))
            feats = batch["feats"][i, :m]
            score = tf.linalg.matvec(tf.tanh(tf.matmul(feats, w_f) + tf.matmul(batch["h"][i:i + 1], w_h)), alpha)
            ctx = tf.reduce_sum(tf.nn.softmax(score)[:, None] * feats, axis=0, keepdims=True)
            logp = tf.nn.log_softmax(tf.matmul(ctx, w_o))[0]
            total -= logp[int(batch["word"][i])]
        return total / b

    def candidate(batch):
        att_feats, masks = batch["feats"], batch["mask"]
        dot = tf.tanh(tf.matmul(att_feats, w_f) + tf.matmul(batch["h"], w_h)[:, None, :])
        dot = tf.tensordot(dot, alpha, axes=1)
        weight = tf.nn.softmax(dot, axis=1)
        weight = weight * masks
        weight = weight / tf.reduce_sum(weight, axis=1, keepdims=True)
        att_res = tf.matmul(weight[:, None, :], att_feats)[:, 0]
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["word"], logits=tf.matmul(att_res, w_o)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": rng.normal(size=(b, r, d)).astype(fx), "h": rng.normal(size=(b, h)).astype(fx),
                      "mask": (np.arange(r)[None] < counts[:, None]).astype(fx),
                      "word": rng.integers(0, v, size=b).astype("int32")},
            "variables": [w_f, w_h, alpha, w_o]}
