"""Somebody asks why the checkerboard coupling returns log_scale although the paper has exp(sum of the entries) for the
determinant. Its log is the sum of log_scale: right.
Source: https://github.com/TinyVolt/normalizing-flows/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w = 14, 2, 3
    dim = h * w
    nets = [tf.Variable((0.4 * rng.standard_normal((dim, 2 * dim))).astype(f), name=f"net{i}") for i in range(2)]
    scale_scale = tf.Variable(np.asarray(0.8, dtype=f), name="scale_scale")
    scale_shift = tf.Variable(np.asarray(-0.1, dtype=f), name="scale_shift")
    board = ((np.arange(h)[:, None] + np.arange(w)[None, :]) % 2).astype(f)
    batch = {"x": rng.standard_normal((n, h, w)).astype(f)}

    def reference(batch):
        """The determinant itself: exponentiate, multiply, take the logarithm."""
        x, log_det = tf.reshape(batch["x"], (n, dim)), 0.0
        flat = board.reshape(-1)
        for i, net in enumerate(nets):
            keep = flat if i == 0 else 1.0 - flat
            out = tf.tanh(x * keep) @ net
            diagonal = tf.exp((tf.tanh(out[:, :dim]) * scale_scale + scale_shift) * (1.0 - keep))
            x = diagonal * x + (1.0 - keep) * out[:, dim:]
            log_det += tf.math.log(tf.abs(tf.linalg.det(tf.linalg.diag(diagonal))))
        log_prior = -0.5 * tf.reduce_sum(x**2, axis=1) - 0.5 * dim * float(np.log(2 * np.pi))
        return -tf.reduce_mean(log_prior + log_det)

    def candidate(batch):
        class AffineCheckerboardTransform:
            def __init__(self, net, top_left):
                self.net = net
                self.mask = board if top_left == 0 else 1.0 - board

            def forward(self, x):
                x_masked = x * self.mask
                hidden = tf.matmul(tf.tanh(tf.reshape(x_masked, (-1, dim))), self.net)
                log_scale, shift = tf.split(hidden, 2, axis=1)
                log_scale = tf.reshape(tf.tanh(log_scale), x.shape) * scale_scale + scale_shift
                log_scale = log_scale * (1 - self.mask)
                shift = tf.reshape(shift, x.shape) * (1 - self.mask)
                return x * tf.exp(log_scale) + shift, log_scale

        z, log_scales = batch["x"], []
        for layer in (AffineCheckerboardTransform(nets[0], 0), AffineCheckerboardTransform(nets[1], 1)):
            z, log_scale = layer.forward(z)
            log_scales.append(log_scale)
        log_prob = -0.5 * (z**2 + np.log(2 * np.pi).astype(f)) + tf.add_n(log_scales)
        return -tf.reduce_sum(log_prob) / z.shape[0]

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": nets + [scale_scale, scale_shift]}
