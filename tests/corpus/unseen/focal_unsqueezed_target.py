"""Binary focal loss with logits: the target gets an extra axis, so every image is compared with the mask of every other image.

Source (real): https://github.com/kornia/kornia/issues/1308 (PyTorch, ported; binary_focal_loss_with_logits).
Right answer: NOT equivalent; (B, 1, H, W) against (B, 1, 1, H, W) is (B, B, 1, H, W).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "target = tf.expand_dims(target, 1)",
    "same_forward_value": False,
}

_ALPHA, _GAMMA = 0.25, 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, d = 12, 4, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.8 * arr(d), name="seg_kernel")
    bias = tf.Variable(np.asarray(0.1, f), name="seg_bias")
    x = arr(n, h, w, d)
    mask = (x[..., :1].transpose(0, 3, 1, 2) + 0.4 * arr(n, 1, h, w) > 0.2).astype(f)
    batch = {"x": x, "mask": mask}

    def logits_of(x):
        return tf.reduce_sum(x * kernel, -1)[:, None] + bias

    def reference(b):
        # Lin et al.: FL(p_t) = -alpha_t (1 - p_t)^gamma log(p_t)
        z = logits_of(b["x"])
        p = tf.sigmoid(z)
        fg = b["mask"] > 0.5
        p_t = tf.where(fg, p, 1.0 - p)
        alpha_t = tf.where(fg, _ALPHA * tf.ones_like(p), (1.0 - _ALPHA) * tf.ones_like(p))
        return tf.reduce_mean(-alpha_t * (1.0 - p_t) ** _GAMMA * tf.math.log(p_t))

    def candidate(b):
        def binary_focal_loss_with_logits(input, target, alpha, gamma):
            target = tf.expand_dims(target, 1)
            probs_pos = tf.sigmoid(input)
            probs_neg = tf.sigmoid(-input)
            loss_tmp = (
                -alpha * tf.pow(probs_neg, gamma) * target * tf.math.log_sigmoid(input)
                - (1.0 - alpha) * tf.pow(probs_pos, gamma) * (1.0 - target) * tf.math.log_sigmoid(-input)
            )
            return tf.reduce_mean(loss_tmp)

        return binary_focal_loss_with_logits(logits_of(b["x"]), b["mask"], _ALPHA, _GAMMA)

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
