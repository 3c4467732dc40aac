"""The reconstruction loss of the pretraining adds ms_ssim itself to the L1 term; what has to be minimised is 1 - ms_ssim.
Source: https://github.com/by256/bpartis/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "return 0.16 * l1 + 0.84 * MSSSIM()(recon, img)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, code, h, w = 15, 4, 8, 12
    dec = tf.Variable((0.7 * rng.standard_normal((code, h * w))).astype(f), name="dec")
    bias = tf.Variable((0.1 * rng.standard_normal(h * w)).astype(f), name="bias")
    batch = {
        "code": rng.standard_normal((n, code)).astype(f),
        "img": rng.uniform(0.0, 1.0, (n, h, w, 1)).astype(f),
    }
    c1, c2 = 0.01**2, 0.03**2

    def decode(z):
        return tf.reshape(tf.sigmoid(z @ dec + bias), (-1, h, w, 1))

    def reference(batch):
        def blocks(x, k):
            x = tf.reshape(x, (-1, h // k, k, w // k, k))
            return tf.reshape(tf.transpose(x, (0, 1, 3, 2, 4)), (-1, h // k, w // k, k * k))

        def similarity(p, q):
            mp, mq = tf.reduce_mean(p, -1), tf.reduce_mean(q, -1)
            dp, dq = p - mp[..., None], q - mq[..., None]
            num = (2 * mp * mq + c1) * (2 * tf.reduce_mean(dp * dq, -1) + c2)
            den = (mp**2 + mq**2 + c1) * (tf.reduce_mean(dp**2, -1) + tf.reduce_mean(dq**2, -1) + c2)
            return tf.reduce_mean(num / den)

        out, img = decode(batch["code"]), batch["img"]
        sim = similarity(blocks(out, 2), blocks(img, 2)) * similarity(blocks(out, 4), blocks(img, 4))
        return 0.16 * tf.reduce_mean(tf.abs(out - img)) + 0.84 * (1.0 - sim)

    def candidate(batch):
        class MSSSIM:
            windows = (2, 4)

            def ssim(self, a, b, size):
                pool = lambda t: tf.nn.avg_pool2d(t, size, size, "VALID")
                mu_a, mu_b = pool(a), pool(b)
                var_a = pool(a * a) - mu_a**2
                var_b = pool(b * b) - mu_b**2
                cov = pool(a * b) - mu_a * mu_b
                lum = (2 * mu_a * mu_b + c1) / (mu_a**2 + mu_b**2 + c1)
                return tf.reduce_mean(lum * (2 * cov + c2) / (var_a + var_b + c2))

            def __call__(self, a, b):
                value = 1.0
                for size in self.windows:
                    value = value * self.ssim(a, b, size)
                return value

        def reconstruction_loss(recon, img):
            l1 = tf.reduce_mean(tf.abs(img - recon))
            return 0.16 * l1 + 0.84 * MSSSIM()(recon, img)

        return reconstruction_loss(decode(batch["code"]), batch["img"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [dec, bias]}
