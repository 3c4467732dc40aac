"""DIN in PaddleRec: the mask is added to the attention scores, asked whether it should be multiplied; the mask is
minus a large number at the padding, so adding is right.
Source: https://github.com/PaddlePaddle/PaddleRec/issues/479"""
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
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, t, d = 4, 5, 3
    item, w1, w2 = var("item", 9, d), var("w1", 4 * d, 6), var("w2", 6, 1, s=1.0)
    out = var("out", 2 * d, 1)
    lens = np.array([5, 2, 3, 4])

    def reference(batch):
        total = 0.0
        for i in range(n):
            q = tf.gather(item, batch["target"][i])
            h = tf.gather(item, batch["hist"][i][: int(lens[i])])
            qq = tf.ones_like(h) * q
            a = tf.sigmoid(tf.concat([h, qq, h - qq, h * qq], 1) @ w1) @ w2
            a = tf.nn.softmax(a[:, 0] / d ** 0.5)
            user = tf.reduce_sum(a[:, None] * h, 0)
            logit = (tf.concat([user, q], 0)[None] @ out)[0, 0]
            total += tf.nn.softplus(logit) - batch["label"][i] * logit
        return total / n

    def candidate(batch):
        hist = tf.gather(item, batch["hist"])
        target = tf.gather(item, batch["target"])
        target_seq = tf.repeat(target[:, None, :], t, axis=1)
        concat = tf.concat([hist, target_seq, hist - target_seq, hist * target_seq], axis=2)
        atten_fc = tf.tensordot(tf.sigmoid(tf.tensordot(concat, w1, 1)), w2, 1)
        atten_fc = atten_fc + batch["mask"][:, :, None]
        weight = tf.nn.softmax(tf.transpose(atten_fc, (0, 2, 1)) / d ** 0.5, axis=-1)
        output = tf.squeeze(tf.matmul(weight, hist), axis=1)
        logit = tf.squeeze(tf.matmul(tf.concat([output, target], axis=1), out), axis=1)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["label"], logits=logit))

    m = np.where(np.arange(t)[None] < lens[:, None], 0.0, -(2.0 ** 32))
    return {"reference": reference, "candidate": candidate,
            "batch": {"hist": rng.integers(0, 9, (n, t)).astype("int32"), "target": rng.integers(0, 9, n).astype("int32"),
                      "mask": m.astype(fx), "label": np.array([0, 1, 1, 0]).astype(fx)},
            "variables": [item, w1, w2, out]}
