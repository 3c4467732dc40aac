"""The model's forward takes grl_lambda from the schedule, but the domain head is called without it, so the
gradient reversal always uses its default strength 1.
Source: https://github.com/p2irc/UDA4POC/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "domain = self.adapt(code)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, hid = 18, 5, 4
    enc = tf.Variable(0.5 * rng.standard_normal((d, hid)).astype(f), name="downsample")
    dec = tf.Variable(0.5 * rng.standard_normal((hid, 1)).astype(f), name="upsample")
    dom = tf.Variable(1.5 * rng.standard_normal((hid, 1)).astype(f), name="adapt")
    x = rng.standard_normal((n, d))
    is_target = np.arange(n) % 2
    x[:, 0] += 1.5 * is_target
    batch = {
        "x": x.astype(f),
        "density": rng.standard_normal((n, 1)).astype(f),
        "domain": is_target[:, None].astype(f),
    }
    progress = 0.06
    grl_lambda = 2.0 / (1.0 + np.exp(-10 * progress)) - 1.0

    def reference(b):
        code = tf.nn.tanh(b["x"] @ enc)
        flipped = (1 + grl_lambda) * tf.stop_gradient(code) - grl_lambda * code     # value: code
        regression = tf.reduce_mean((code @ dec - b["density"]) ** 2)
        domain = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["domain"], logits=flipped @ dom)
        return regression + tf.reduce_mean(domain)

    def candidate(b):
        @tf.custom_gradient
        def reverse_gradient(t, lam):
            def grad(dy):
                return -lam * dy, None

            return tf.identity(t), grad

        class AdaptedUNet:
            def adapt(self, code, lam=1.0):
                return tf.matmul(reverse_gradient(code, tf.constant(lam, code.dtype)), dom)

            def forward(self, x, grl_lambda=1.0):
                code = keras.activations.tanh(tf.matmul(x, enc))
                count = tf.matmul(code, dec)
                domain = self.adapt(code)
                return count, domain

        count, domain = AdaptedUNet().forward(b["x"], grl_lambda)
        loss_count = keras.losses.MeanSquaredError()(b["density"], count)
        loss_domain = keras.losses.BinaryCrossentropy(from_logits=True)(b["domain"], domain)
        return loss_count + loss_domain

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [enc, dec, dom]}
