"""Gradient penalty with loss scaling: the inner gradient is taken of the scaled loss and used for the norm without being unscaled.

Source (real): https://github.com/tensorflow/tensorflow/issues/48662 (the answer: unscale after every call of tape.gradient, the inner one too).
Right answer: NOT equivalent; the penalty is too strong by the loss scale.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "grads = inner_tape.gradient(scaled_loss, weights)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 22, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="dense_w")
    w2 = tf.Variable(0.6 * arr(hid, 1), name="out_w")
    weights = [w1, w2]
    batch = {"x": arr(n, d), "y": arr(n, 1)}

    def model(x):
        return tf.tanh(x @ w1) @ w2

    def loss_fn(y, out):
        return tf.reduce_mean(tf.square(y - out))

    def reference(b):
        # the float32 script, with the gradient of the two layers written out
        x, y = b["x"], b["y"]
        h = tf.tanh(x @ w1)
        err = h @ w2 - y
        back = 2.0 * err / x.shape[0]
        g2 = tf.matmul(h, back, transpose_a=True)
        g1 = tf.matmul(x, (back @ tf.transpose(w2)) * (1.0 - h**2), transpose_a=True)
        grad_norm = tf.sqrt(tf.reduce_sum(g1**2) + tf.reduce_sum(g2**2))
        return tf.reduce_mean(err**2) + grad_norm

    def candidate(b):
        class LossScaleOptimizer:
            loss_scale = 8.0

            def get_scaled_loss(self, loss):
                return loss * self.loss_scale

            def get_unscaled_gradients(self, grads):
                return [g / self.loss_scale for g in grads]

        opt = LossScaleOptimizer()
        with tf.GradientTape() as inner_tape:
            output = model(b["x"])
            loss = loss_fn(b["y"], output)
            scaled_loss = opt.get_scaled_loss(loss)
        grads = inner_tape.gradient(scaled_loss, weights)
        grad_norm = tf.add_n([tf.reduce_sum(g**2) for g in grads])
        grad_norm = tf.sqrt(grad_norm)
        loss += grad_norm
        return loss                                       # scaled and unscaled again by the outer tape

    return {"variables": weights, "batch": batch, "reference": reference, "candidate": candidate}
