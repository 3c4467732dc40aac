"""The heads of multi-head attention are merged by a bare view of the (batch*heads, time, dim) tensor, mixing positions.
Source: https://github.com/649453932/Chinese-Text-Classification-Pytorch/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "merged = tf.reshape(context, [b, -1, heads * dh])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    b, t, heads, dh, classes = 3, 4, 2, 3, 4
    d = heads * dh

    def var(name, *shape):
        return tf.Variable(rng.normal(size=shape) * 0.7, dtype=dt, name=name)

    wq, wk, wv, fc = var("fc_q", d, d), var("fc_k", d, d), var("fc_v", d, d), var("fc", d, d)
    out_w = var("out", t * d, classes)

    def reference(batch):
        x = batch["x"]
        parts = []
        for h in range(heads):
            cols = slice(h * dh, (h + 1) * dh)
            q, k, v = x @ wq[:, cols], x @ wk[:, cols], x @ wv[:, cols]
            a = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * dh ** -0.5, axis=-1)
            parts.append(a @ v)
        y = tf.concat(parts, axis=-1) @ fc + x
        logits = tf.reshape(y, [b, -1]) @ out_w
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def candidate(batch):
        def split_heads(z):
            z = tf.transpose(tf.reshape(z, [b, t, heads, dh]), [0, 2, 1, 3])
            return tf.reshape(z, [b * heads, t, dh])

        def attention(q, k, v, scale):
            weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * scale, axis=-1)
            return tf.matmul(weights, v)

        x = batch["x"]
        q, k, v = split_heads(x @ wq), split_heads(x @ wk), split_heads(x @ wv)
        context = attention(q, k, v, k.shape[-1] ** -0.5)
        merged = tf.reshape(context, [b, -1, heads * dh])
        out = merged @ fc + x
        logits = tf.reshape(out, [b, -1]) @ out_w
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, t, d)).astype(dt), "y": rng.integers(0, classes, size=b)},
            "variables": [wq, wk, wv, fc, out_w]}
