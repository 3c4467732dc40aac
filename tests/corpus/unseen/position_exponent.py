"""The sinusoidal position code uses 2i/d with i counting every column, where the formula has the same
exponent for a sine and its cosine. Source: https://github.com/shenweichen/DeepCTR/issues/379"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'angle = pos / tf.pow(tf.cast(10000.0, pos.dtype), 2.0 * col / d)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, t, d = 3, 6, 6
    tokens = normal(n, t, d)
    mask_np = (np.arange(t)[None] < np.array([[6], [4], [5]])).astype(fx)
    click = np.array([1, 0, 1]).astype(fx)
    wq, wk, out = var("wq", d, d, scale=0.5), var("wk", d, d, scale=0.5), var("out", d)

    def reference(batch):
        code = np.zeros((t, d))
        for p in range(t):
            for i in range(d // 2):
                code[p, 2 * i] = np.sin(p / 10000 ** (2 * i / d))
                code[p, 2 * i + 1] = np.cos(p / 10000 ** (2 * i / d))
        total = 0.0
        for i in range(n):
            x = batch["tokens"][i] + tf.constant(code.astype(fx))
            score = (x @ wq) @ tf.transpose(x @ wk) / d ** 0.5 - 1e4 * (1 - batch["mask"][i])[None]
            pooled = tf.reduce_sum((tf.nn.softmax(score) @ x) * batch["mask"][i][:, None], 0)
            z = tf.reduce_sum(pooled * out)
            total += tf.nn.softplus(z) - batch["click"][i] * z
        return total / n

    def candidate(batch):
        pos = tf.cast(tf.range(t), wq.dtype)[:, None]
        col = tf.cast(tf.range(d), wq.dtype)[None]
        angle = pos / tf.pow(tf.cast(10000.0, pos.dtype), 2.0 * col / d)
        even = tf.cast(tf.range(d) % 2 == 0, wq.dtype)
        x = batch["tokens"] + even * tf.sin(angle) + (1.0 - even) * tf.cos(angle)
        att = tf.einsum("bqd,bkd->bqk", x @ wq, x @ wk) / d ** 0.5
        att = tf.nn.softmax(att - 1e4 * (1.0 - batch["mask"][:, None, :]), axis=-1)
        seq = tf.matmul(att, x) * batch["mask"][:, :, None]
        logit = tf.linalg.matvec(tf.reduce_sum(seq, axis=1), out)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["click"], logits=logit))

    return {"reference": reference, "candidate": candidate,
            "batch": {"tokens": tokens, "mask": mask_np, "click": click}, "variables": [wq, wk, out]}
