"""Attention-augmented convolution: attn_out (B, heads, H*W, dv/heads) is reshaped to (B, heads, dv/heads, H, W) without
exchanging the last two axes first, which mixes pixels and channels.
Source: https://github.com/leaderj1001/Attention-Augmented-Conv2d/issues/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "attn_out = tf.reshape(attn_out, (batch, Nh, dv // Nh, height, width))",
    "same_forward_value": False,
}


def split_heads_2d(x, Nh):
    batch, channels, height, width = x.shape
    return tf.reshape(x, (batch, Nh, channels // Nh, height, width))


def combine_heads_2d(x):
    batch, Nh, dv, H, W = x.shape
    return tf.reshape(x, (batch, Nh * dv, H, W))


class AugmentedConv:
    def __init__(self, qkv, Nh, dk, dv):
        self.qkv, self.Nh, self.dk, self.dv = qkv, Nh, dk, dv

    def compute_flat_qkv(self, x):
        qkv = tf.einsum("bchw,co->bohw", x, self.qkv)
        N, _, H, W = qkv.shape
        q, k, v = tf.split(qkv, [self.dk, self.dk, self.dv], axis=1)
        q, k, v = (split_heads_2d(t, self.Nh) for t in (q, k, v))
        q = q * (self.dk // self.Nh) ** -0.5
        return (tf.reshape(t, (N, self.Nh, t.shape[2], H * W)) for t in (q, k, v))

    def forward(self, x):
        batch, _, height, width = x.shape
        Nh, dv = self.Nh, self.dv
        flat_q, flat_k, flat_v = self.compute_flat_qkv(x)
        logits = tf.matmul(tf.transpose(flat_q, (0, 1, 3, 2)), flat_k)
        weights = tf.nn.softmax(logits, axis=-1)
        attn_out = tf.matmul(weights, tf.transpose(flat_v, (0, 1, 3, 2)))
        attn_out = tf.reshape(attn_out, (batch, Nh, dv // Nh, height, width))
        return combine_heads_2d(attn_out)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    cin, heads, dk, dv, H, W, n = 3, 2, 4, 6, 2, 5, 12
    qkv = tf.Variable(rng.standard_normal((cin, 2 * dk + dv)).astype(f), name="qkv_conv")
    conv = AugmentedConv(qkv, heads, dk, dv)

    def reference(batch):
        pix = tf.transpose(tf.reshape(batch["x"], (n, cin, H * W)), (0, 2, 1))
        q, k, v = tf.split(pix @ qkv, [dk, dk, dv], axis=2)
        outs = []
        for h in range(heads):
            a, b = h * dk // heads, (h + 1) * dk // heads
            att = tf.nn.softmax(q[..., a:b] @ tf.transpose(k[..., a:b], (0, 2, 1)) / (dk // heads) ** 0.5)
            outs.append(att @ v[..., h * dv // heads:(h + 1) * dv // heads])
        out = tf.reshape(tf.concat(outs, axis=2), (n, H, W, dv))
        return tf.reduce_mean((tf.transpose(out, (0, 3, 1, 2)) - batch["y"]) ** 2)

    def candidate(batch):
        return tf.reduce_mean(tf.square(conv.forward(batch["x"]) - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, cin, H, W)).astype(f),
                      "y": rng.standard_normal((n, dv, H, W)).astype(f)}, "variables": [qkv]}
