"""The cos and sin tables of RoPE are tiled, while the rotated vector pairs neighbouring channels.
Source: https://github.com/xiangking/ark-nlp/issues/47"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "return tf.tile(x, [1, 1, 2])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, length, dim, head = 3, 6, 5, 8
    dense = keras.layers.Dense(2 * head, name="qk")
    dense.build((None, None, dim))

    inv = 10000.0 ** (-np.arange(head // 2) * 2.0 / head)
    ang = np.arange(length)[:, None] * inv[None]
    pos = np.stack([np.sin(ang), np.cos(ang)], -1).reshape(length, head)[None]

    def span_loss(scores, labels):
        y = tf.reshape(labels, (b, -1))
        s = tf.reshape(scores, (b, -1))
        s = (1 - 2 * y) * s
        neg = tf.concat([s - y * 1e9, tf.zeros((b, 1), s.dtype)], -1)
        posi = tf.concat([s - (1 - y) * 1e9, tf.zeros((b, 1), s.dtype)], -1)
        return tf.reduce_mean(tf.reduce_logsumexp(neg, -1) + tf.reduce_logsumexp(posi, -1))

    def reference(batch):
        q, k = tf.split(dense(batch["x"]), 2, axis=-1)
        theta = tf.constant(ang, dtype=q.dtype)
        qc = tf.reshape(q, (b, length, head // 2, 2))
        kc = tf.reshape(k, (b, length, head // 2, 2))
        scores = 0.0
        for j in range(head // 2):
            c, s = tf.cos(theta[:, j]), tf.sin(theta[:, j])
            q0, q1 = qc[:, :, j, 0] * c - qc[:, :, j, 1] * s, qc[:, :, j, 1] * c + qc[:, :, j, 0] * s
            k0, k1 = kc[:, :, j, 0] * c - kc[:, :, j, 1] * s, kc[:, :, j, 1] * c + kc[:, :, j, 0] * s
            scores += q0[:, :, None] * k0[:, None, :] + q1[:, :, None] * k1[:, None, :]
        return span_loss(scores / head ** 0.5, batch["label"])

    def candidate(batch):
        def double(x):
            return tf.tile(x, [1, 1, 2])

        def rotate(x):
            x2 = tf.stack([-x[..., 1::2], x[..., ::2]], axis=3)
            return x * cos_pos + tf.reshape(x2, tf.shape(x)) * sin_pos

        outputs = dense(batch["x"])
        qw, kw = outputs[..., :head], outputs[..., head:]
        table = tf.constant(pos, dtype=outputs.dtype)
        cos_pos, sin_pos = double(table[..., 1::2]), double(table[..., ::2])
        logits = tf.einsum("bmd,bnd->bmn", rotate(qw), rotate(kw)) / head ** 0.5
        return span_loss(logits, batch["label"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, length, dim)).astype(fx),
                      "label": (rng.uniform(size=(b, length, length)) < 0.15).astype(fx)},
            "variables": list(dense.trainable_variables)}
