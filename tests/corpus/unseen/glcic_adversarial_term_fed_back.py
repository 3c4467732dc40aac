"""Globally and locally consistent image completion: the completion is computed in a first session run and fed to the
network with the discriminator, so that the adversarial term of the joint loss has no path to the completion network.
Source: https://github.com/tadax/glcic/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "fed = {\"completion\": tf.stop_gradient(completion), \"local\": tf.stop_gradient(crop(completion))}",
    "same_forward_value": True,
}
ALPHA = 0.6


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    side, lo, hi = 6, 2, 5
    enc = tf.Variable(rng.normal(size=(side * side * 2, 9)).astype(f) * 0.3, name="completion_enc")
    dec = tf.Variable(rng.normal(size=(9, side * side)).astype(f) * 0.4, name="completion_dec")
    w_global = tf.constant(rng.normal(size=(side * side, 1)).astype(f) * 0.8)
    w_local = tf.constant(rng.normal(size=((hi - lo) ** 2, 1)).astype(f) * 1.2)
    x = rng.uniform(size=(13, side, side)).astype(f)
    hole = np.zeros((13, side, side), f)
    hole[:, lo:hi, lo:hi] = 1.0

    def reference(batch):
        img, m = batch["image"], batch["mask"]
        masked = tf.concat([img * (1 - m), m], axis=-1)
        hidden = tf.tanh(tf.reshape(masked, (-1, side * side * 2)) @ enc)
        painted = tf.reshape(tf.sigmoid(hidden @ dec), (-1, side, side))
        full = painted * m + img * (1 - m)
        window = full[:, lo:hi, lo:hi]
        score = tf.reshape(full, (-1, side * side)) @ w_global + tf.reshape(window, (-1, (hi - lo) ** 2)) @ w_local
        weighted_mse = tf.reduce_mean(tf.reduce_sum(m * (painted - img) ** 2, axis=(1, 2)))
        adversarial = tf.reduce_mean(tf.nn.softplus(-score))
        return weighted_mse + ALPHA * adversarial

    def candidate(batch):
        class Network:
            def __init__(self, x, mask, completion, local):
                self.x, self.mask = x, mask
                self.fake = self.discriminator(completion, local)

            def discriminator(self, g, l):
                flat = [tf.reshape(t, (t.shape[0], -1)) for t in (g, l)]
                return tf.matmul(flat[0], w_global) + tf.matmul(flat[1], w_local)

            def g_loss(self, imitation):
                per_image = tf.reduce_sum(tf.square(self.mask * (imitation - self.x)), axis=[1, 2])
                return tf.reduce_mean(per_image)

            def d_term(self):
                ones = tf.ones_like(self.fake)
                return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=self.fake, labels=ones))

        def crop(t):
            return t[:, lo:hi, lo:hi]

        x_, mask = batch["image"], batch["mask"]
        inputs = keras.ops.concatenate([x_ * (1 - mask), mask], axis=2)
        h = tf.nn.tanh(tf.matmul(tf.reshape(inputs, [x_.shape[0], -1]), enc))
        imitation = tf.reshape(tf.nn.sigmoid(tf.matmul(h, dec)), x_.shape)
        completion = imitation * mask + x_ * (1 - mask)
        fed = {"completion": tf.stop_gradient(completion), "local": tf.stop_gradient(crop(completion))}
        net = Network(x_, mask, **fed)
        return net.g_loss(imitation) + ALPHA * net.d_term()

    return {"reference": reference, "candidate": candidate, "batch": {"image": x, "mask": hole}, "variables": [enc, dec]}
