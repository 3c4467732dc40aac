"""Suspects the scale 1/d^(1/4) in QKVAttention; it is applied to the queries and to the keys, which makes 1/sqrt(d).
Source: https://github.com/openai/improved-diffusion/issues/54"""
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

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, t, ch, heads = 2, 5, 6, 2
    c = ch // heads
    w_qkv, w_proj = var("w_qkv", ch, 3 * ch), var("w_proj", ch, ch)

    def reference(batch):
        x = batch["x"]
        qkv = x @ w_qkv
        outs = []
        for k in range(heads):
            lo = 3 * c * k
            q, key, v = qkv[..., lo:lo + c], qkv[..., lo + c:lo + 2 * c], qkv[..., lo + 2 * c:lo + 3 * c]
            outs.append(tf.nn.softmax(tf.matmul(q, key, transpose_b=True) / np.sqrt(c).astype(fx)) @ v)
        eps = x + tf.concat(outs, -1) @ w_proj
        return tf.reduce_mean(tf.square(eps - batch["noise"]))

    def candidate(batch):
        def attention(qkv):
            q, k, v = tf.split(qkv, 3, axis=1)
            scale = 1 / np.sqrt(np.sqrt(c)).astype(fx)
            weight = tf.einsum("bct,bcs->bts", q * scale, k * scale)
            weight = tf.nn.softmax(weight, axis=-1)
            return tf.einsum("bts,bcs->bct", weight, v)

        x = tf.transpose(batch["x"], (0, 2, 1))
        qkv = tf.einsum("bit,io->bot", x, w_qkv)
        h = attention(tf.reshape(qkv, (b * heads, -1, t)))
        h = tf.einsum("bit,io->bot", tf.reshape(h, (b, -1, t)), w_proj)
        diff = x + h - tf.transpose(batch["noise"], (0, 2, 1))
        return tf.reduce_mean(diff ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(b, t, ch), "noise": arr(b, t, ch)}, "variables": [w_qkv, w_proj]}
