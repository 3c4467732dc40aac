"""Alpha matting (FBA): the sum over the colour channels drops the channel axis, so alpha (B, 1, H, W) is fused with a (B, H, W) term into (B, B, H, W).

Source (real): https://github.com/MarcoForte/FBA_Matting/issues/7 (PyTorch, ported; "influencing the training when batch size > 1").
Right answer: NOT equivalent; channels 1: of the fused alpha belong to other images.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "num = tf.reduce_sum((img - B) * (F - B), axis=1)",
    "same_forward_value": False,
}

_LA = 0.1


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, d = 13, 5, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_alpha = tf.Variable(0.5 * arr(d, 1), name="alpha_w")
    w_fg = tf.Variable(0.4 * arr(d, 3), name="fg_w")
    w_bg = tf.Variable(0.4 * arr(d, 3), name="bg_w")
    batch = {
        "feat": arr(n, h, w, d),
        "img": rng.random((n, 3, h, w)).astype(f),
        "alpha": rng.random((n, 1, h, w)).astype(f),
    }

    def heads(feat):
        alpha = tf.sigmoid(tf.einsum("nhwd,dc->nchw", feat, w_alpha))
        F = tf.sigmoid(tf.einsum("nhwd,dc->nchw", feat, w_fg))
        B = tf.sigmoid(tf.einsum("nhwd,dc->nchw", feat, w_bg))
        return alpha, F, B

    def reference(b):
        m = b["img"].shape[0]
        loss = 0.0
        for i in range(m):
            a, fg, bg = heads(b["feat"][i : i + 1])
            a, fg, bg = a[0, 0], fg[0], bg[0]
            span = fg - bg
            dot, sq = 0.0, 0.0
            for c in range(3):
                dot += (b["img"][i, c] - bg[c]) * span[c]
                sq += span[c] ** 2
            fused = (a * _LA + dot) / (sq + _LA)
            comp = fused[None] * fg + (1.0 - fused[None]) * bg
            loss += tf.reduce_mean(tf.square(fused - b["alpha"][i, 0]))
            loss += tf.reduce_mean(tf.square(comp - b["img"][i]))
        return loss / m

    def candidate(b):
        img = b["img"]
        alpha, F, B = heads(b["feat"])
        num = tf.reduce_sum((img - B) * (F - B), axis=1)
        den = tf.reduce_sum((F - B) * (F - B), axis=1, keepdims=True) + _LA
        alpha = (alpha * _LA + num) / den
        output = tf.concat([alpha, F, B], axis=1)
        alpha_pred = output[:, 0:1]
        comp = alpha_pred * F + (1.0 - alpha_pred) * B
        l_alpha = tf.reduce_mean(tf.square(alpha_pred - b["alpha"]))
        l_comp = tf.reduce_mean(tf.square(comp - img))
        return l_alpha + l_comp

    return {"variables": [w_alpha, w_fg, w_bg], "batch": batch, "reference": reference, "candidate": candidate}
