"""Variational MIL: the KL, already weighted by batch size / data set size, is divided by y.shape[0] (the batch) instead of the number of outputs.
Source: https://github.com/AIH-SGML/mixmil/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'kld_term = kld_w * self.kld() / y.shape[0]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    mu, rho = var("mu", 5, 3), var("rho", 5, 3)
    n_total = 40.0

    def reference(batch):
        sd = tf.nn.softplus(rho)
        err = batch["x"] @ (mu + sd * batch["eps"][0]) - batch["y"]
        kl = 0.0
        for p in range(3):
            kl += tf.reduce_sum(0.5 * (sd[:, p] ** 2 + mu[:, p] ** 2 - 1) - tf.math.log(sd[:, p]))
        return tf.reduce_mean(0.5 * err ** 2) + 13.0 / n_total * kl / 3.0

    def candidate(batch):
        class MixMIL:
            def __init__(self, num_samples):
                self.num_samples = num_samples
                self.scale = tf.math.log1p(tf.exp(rho))

            def kld(self):
                var_ = tf.square(self.scale)
                return 0.5 * tf.reduce_sum(var_ + tf.square(mu) - 1.0 - tf.math.log(var_))

            def loss(self, x, y, eps):
                w_ = mu + self.scale * eps
                ll_term = -0.5 * tf.reduce_mean(tf.square(y - tf.matmul(x, w_)))
                kld_w = x.shape[0] / self.num_samples
                kld_term = kld_w * self.kld() / y.shape[0]
                return -ll_term + kld_term

        return MixMIL(n_total).loss(batch["x"], batch["y"], batch["eps"][0])

    return {"reference": reference, "candidate": candidate, "variables": [mu, rho],
            "batch": {"x": data(13, 5), "y": data(13, 3), "eps": data(1, 5, 3)}}
