"""The prediction enters the discriminator through a softmax over the last axis (width), not over the channels.

Source (real): https://github.com/hfslyc/AdvSemiSeg/issues/73
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "d_out = discriminator(tf.nn.softmax(pred))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c, h, w = 6, 4, 3, 5, 5
    lambda_adv = 0.5
    kernel = tf.Variable(rng.normal(0, 0.6, (d, c)).astype("float32"), name="seg_kernel")
    bias = tf.Variable(rng.normal(0, 0.1, (c, 1, 1)).astype("float32"), name="seg_bias")
    dw1 = rng.normal(0, 0.8, (c, 6)).astype("float32")
    dw2 = rng.normal(0, 0.8, (6,)).astype("float32")
    batch = {
        "x": rng.normal(0, 1, (n, d, h, w)).astype("float32"),     # channels first
        "gt": rng.integers(0, c, (n, h, w)).astype("int32"),
    }

    def segment(x):
        return tf.einsum("ndhw,dc->nchw", x, kernel) + bias

    def discriminator(prob):
        feat = tf.nn.leaky_relu(tf.einsum("nchw,ck->nkhw", 3.0 * prob, dw1), 0.2)
        return tf.einsum("nkhw,k->nhw", feat, dw2)

    def seg_loss(b, pred):
        log_p = tf.nn.log_softmax(pred, axis=1)
        return -tf.reduce_mean(tf.reduce_sum(log_p * tf.one_hot(b["gt"], c, axis=1), axis=1))

    def reference(b):
        pred = segment(b["x"])
        d_map = discriminator(tf.nn.softmax(pred, axis=1))
        adv = tf.reduce_mean(tf.nn.softplus(-d_map))
        return seg_loss(b, pred) + lambda_adv * adv

    def candidate(b):
        pred = segment(b["x"])
        loss_seg = seg_loss(b, pred)
        d_out = discriminator(tf.nn.softmax(pred))
        loss_adv = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(d_out), logits=d_out)
        return loss_seg + lambda_adv * tf.reduce_mean(loss_adv)

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
