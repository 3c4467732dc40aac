"""DCLGAN's discriminator loss: -mean(min(prediction - 1, 0)) instead of relu, which a reader takes for a wrong GAN loss.

Source (real): https://github.com/JunlinHan/DCLGAN/issues/1 (GANLoss with hinge, PyTorch, ported; the author explains the threshold).
Right answer: EQUIVALENT; -min(D(x) - 1, 0) is max(0, 1 - D(x)), the usual hinge loss.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, size, c = 12, 6, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.6 * arr(3, 3, c, 3), name="disc_kernel")
    out = tf.Variable(0.8 * arr(3), name="disc_out")
    bias = tf.Variable(np.asarray(0.1, f), name="disc_bias")
    batch = {"real": arr(n, size, size, c), "fake": arr(n, size, size, c)}

    def netD(x):
        h = tf.nn.leaky_relu(tf.nn.conv2d(x, kernel, 2, "SAME"), 0.2)
        return tf.tensordot(h, out, 1) + bias

    def reference(b):
        margins = [1.0 - netD(b["real"]), 1.0 + netD(b["fake"])]
        return 0.5 * sum(tf.reduce_mean(tf.nn.relu(m)) for m in margins)

    class GANLoss:
        def __call__(self, prediction, target_is_real):
            zero = tf.zeros_like(prediction)
            if target_is_real:
                minvalue = tf.minimum(prediction - 1, zero)
                return -tf.reduce_mean(minvalue)
            minvalue = tf.minimum(-prediction - 1, zero)
            return -tf.reduce_mean(minvalue)

    def candidate(b):
        criterion = GANLoss()
        loss_D_real = criterion(netD(b["real"]), True)
        loss_D_fake = criterion(netD(tf.stop_gradient(b["fake"])), False)
        return (loss_D_real + loss_D_fake) * 0.5

    return {"variables": [kernel, out, bias], "batch": batch, "reference": reference, "candidate": candidate}
