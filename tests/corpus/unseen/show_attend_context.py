"""Show, attend and tell: the sum over axis 1 of the context is reported as the wrong dimension; axis 1 holds the
locations, so it is right.
Source: https://github.com/alecwangcq/show-attend-and-tell/issues/6"""
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

    n, loc, d, h, c = 3, 5, 4, 6, 3
    wf, wh, v = var("wf", d, d), var("wh", h, d), var("v", d, 1, s=1.0)
    out = var("out", d + h, c)

    def reference(batch):
        total = 0.0
        for i in range(n):
            query = batch["hid"][i][None] @ wh
            e = [tf.reduce_sum(tf.nn.relu(batch["feat"][i, j][None] @ wf + query) * v[:, 0]) for j in range(loc)]
            a = tf.nn.softmax(tf.stack(e))
            ctx = tf.add_n([a[j] * batch["feat"][i, j] for j in range(loc)])
            z = tf.concat([ctx, batch["hid"][i]], 0)[None] @ out
            total += -tf.nn.log_softmax(z)[0, batch["y"][i]]
        return total / n

    def candidate(batch):
        features, hiddens = batch["feat"], batch["hid"]
        att_fea = tf.tensordot(features, wf, 1)
        att_h = tf.expand_dims(tf.matmul(hiddens, wh), 1)
        att_out = tf.squeeze(tf.tensordot(tf.nn.relu(att_fea + att_h), v, 1), axis=2)
        alpha = tf.nn.softmax(att_out, axis=1)
        context = tf.reduce_sum(features * tf.expand_dims(alpha, 2), axis=1)
        logits = tf.matmul(tf.concat([context, hiddens], axis=1), out)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, loc, d)).astype(fx), "hid": rng.normal(size=(n, h)).astype(fx),
                      "y": rng.integers(0, c, n).astype("int32")},
            "variables": [wf, wh, v, out]}
