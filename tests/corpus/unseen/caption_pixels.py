"""The encoded image (B, C, 7, 7) is viewed as (B, 49, C) without permuting the axes first,
so that features act as pixels in the attention. Source: https://github.com/fawazsammani/knowing-when-to-look-adaptive-attention/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'pixels = tf.reshape(conv_map, [n, hw * hw, c])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, c, hw, hid, vocab = 4, 5, 3, 6, 7
    w_v = var("w_v", c, hid)
    w_h = var("w_h", hid, hid)
    w_a = var("w_a", hid, 1)
    out = var("out", c + hid, vocab)
    fmap = rng.standard_normal((n, c, hw, hw)).astype(fx)
    hidden = rng.standard_normal((n, hid)).astype(fx)
    word = rng.integers(0, vocab, n).astype("int32")

    def reference(batch):
        total = 0.0
        for i in range(n):
            vecs = [batch["fmap"][i, :, a, b] for a in range(hw) for b in range(hw)]
            v = tf.stack(vecs)
            z = tf.tanh(tf.matmul(v, w_v) + tf.matmul(batch["hidden"][i:i + 1], w_h))
            alpha = tf.nn.softmax(tf.squeeze(tf.matmul(z, w_a), -1))
            ctx = tf.linalg.matvec(v, alpha, transpose_a=True)
            logits = tf.matmul(tf.concat([ctx, batch["hidden"][i]], 0)[None], out)[0]
            total -= tf.nn.log_softmax(logits)[batch["word"][i]]
        return total / n

    def candidate(batch):
        conv_map, h = batch["fmap"], batch["hidden"]
        pixels = tf.reshape(conv_map, [n, hw * hw, c])
        att = tf.tanh(tf.einsum("bpc,ch->bph", pixels, w_v) + tf.matmul(h, w_h)[:, None, :])
        alpha = tf.nn.softmax(tf.einsum("bph,ho->bpo", att, w_a), axis=1)
        context = tf.reduce_sum(alpha * pixels, axis=1)
        logits = tf.matmul(tf.concat([context, h], axis=-1), out)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["word"], logits=logits)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"fmap": fmap, "hidden": hidden, "word": word}, "variables": [w_v, w_h, w_a, out]}
