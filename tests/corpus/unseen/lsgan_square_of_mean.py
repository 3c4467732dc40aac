"""The LSGAN generator loss takes the square of the mean error instead of the mean of the squared error.
Source: https://github.com/akanimax/pro_gan_pytorch/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return 0.5 * (tf.reduce_mean(dis(fake_samps, alpha)) - 1) ** 2",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, z, c = 6, 5, 3
    g1 = tf.Variable(rng.normal(size=(z, 16)).astype(fx), name="g1")
    g2 = tf.Variable(rng.normal(size=(1, 1, 4, c)).astype(fx), name="g2")
    d_low = tf.constant(rng.normal(size=(2 * 2 * c, 1)).astype(fx))
    d_conv = tf.constant(rng.normal(size=(2, 2, c, 4)).astype(fx))
    d_high = tf.constant(rng.normal(size=(2 * 2 * 4, 1)).astype(fx))

    def gen(noise):
        h = tf.reshape(tf.nn.leaky_relu(tf.matmul(noise, g1), 0.2), (-1, 2, 2, 4))
        h = tf.repeat(tf.repeat(h, 2, axis=1), 2, axis=2)
        return tf.tanh(tf.nn.conv2d(h, g2, 1, "SAME"))

    def dis(x, alpha):
        low = tf.matmul(tf.reshape(tf.nn.avg_pool2d(x, 2, 2, "VALID"), (n, -1)), d_low)
        h = tf.nn.leaky_relu(tf.nn.conv2d(x, d_conv, 2, "SAME"), 0.2)
        high = tf.matmul(tf.reshape(h, (n, -1)), d_high)
        return alpha * high + (1 - alpha) * low

    def reference(batch):
        scores = dis(gen(batch["noise"]), batch["alpha"])
        return 0.5 * tf.reduce_mean(tf.square(scores - 1.0))

    def candidate(batch):
        def gen_loss(fake_samps, alpha):
            return 0.5 * (tf.reduce_mean(dis(fake_samps, alpha)) - 1) ** 2

        fake_samples = gen(batch["noise"])
        return gen_loss(fake_samples, batch["alpha"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"noise": rng.normal(size=(n, z)).astype(fx), "alpha": np.array(0.6).astype(fx)},
            "variables": [g1, g2]}
