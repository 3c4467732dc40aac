"""U-Net with mixed precision: the gradients are clipped while they still carry the loss scale.

Source (real): https://github.com/milesial/Pytorch-UNet/pull/470 (PyTorch, ported; the returned scalar is <update, weights>, so its gradient is the update).
Right answer: NOT equivalent; after unscaling the update is smaller than the clip norm by the loss scale.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "grads, _ = tf.clip_by_global_norm(grads, gradient_clipping)",
    "same_forward_value": False,
}

gradient_clipping = 0.5
_SCALE = 256.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, d = 12, 4, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(1.5 * arr(d, d), name="down_w")
    w2 = tf.Variable(1.5 * arr(d, 1), name="out_w")
    params = [w1, w2]
    batch = {"image": arr(n, h, w, d), "true_mask": (rng.random((n, h, w)) < 0.4).astype(f)}

    def loss_fn(b):
        masks_pred = (tf.nn.softplus(b["image"] @ w1) @ w2)[..., 0]
        bce = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["true_mask"], logits=masks_pred))
        p = tf.sigmoid(masks_pred)
        inter = 2.0 * tf.reduce_sum(p * b["true_mask"], [1, 2])
        sets = tf.reduce_sum(p, [1, 2]) + tf.reduce_sum(b["true_mask"], [1, 2])
        return bce + 1.0 - tf.reduce_mean((inter + 1e-6) / (sets + 1e-6))

    def reference(b):
        # full precision: no scaler
        with tf.GradientTape() as tape:
            loss = loss_fn(b)
        g1, g2 = tape.gradient(loss, params)
        norm = tf.sqrt(tf.reduce_sum(g1**2) + tf.reduce_sum(g2**2))
        coef = tf.stop_gradient(tf.minimum(gradient_clipping / norm, 1.0))
        return tf.reduce_sum(tf.stop_gradient(g1) * w1) * coef + tf.reduce_sum(tf.stop_gradient(g2) * w2) * coef

    def candidate(b):
        class GradScaler:
            def __init__(self, scale):
                self.scale_factor = scale

            def scale(self, loss):
                return loss * self.scale_factor

            def unscale(self, grads):
                return [g / self.scale_factor for g in grads]

        grad_scaler = GradScaler(_SCALE)
        with tf.GradientTape() as tape:
            loss = loss_fn(b)
            scaled_loss = grad_scaler.scale(loss)
        grads = tape.gradient(scaled_loss, params)
        grads, _ = tf.clip_by_global_norm(grads, gradient_clipping)
        grads = grad_scaler.unscale(grads)
        return tf.add_n([tf.reduce_sum(tf.stop_gradient(g) * p) for g, p in zip(grads, params)])

    return {"variables": params, "batch": batch, "reference": reference, "candidate": candidate}
