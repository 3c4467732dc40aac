"""The gradient penalty of the improved WGAN example takes one norm over the gradients of the whole batch. Source: https://github.com/keras-team/keras-contrib/pull/232"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'axis',
    "line_marker": 'gradient_l2_norm = tf.sqrt(tf.reduce_sum(tf.square(gradients)))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, h, c, f = 4, 4, 2, 5
    k1 = var("k1", 3, 3, c, f)
    fc = var("fc", h * h * f, 1, scale=0.3)
    LAMBDA = 10.0

    def critic(x):
        z = tf.nn.softplus(tf.nn.conv2d(x, k1, 1, "SAME"))
        return tf.reshape(z, [tf.shape(x)[0], -1]) @ fc

    def reference(batch):
        eps = batch["eps"]
        mixed = eps * batch["real"] + (1.0 - eps) * batch["fake"]
        gp = []
        for i in range(n):
            x = mixed[i:i + 1]
            with tf.GradientTape() as t:
                t.watch(x)
                s = critic(x)
            g = tf.reshape(t.gradient(s, x), [-1])
            gp.append((1.0 - tf.sqrt(tf.tensordot(g, g, 1))) ** 2)
        w_dist = tf.reduce_mean(critic(batch["fake"])) - tf.reduce_mean(critic(batch["real"]))
        return w_dist + LAMBDA * tf.add_n(gp) / n

    def candidate(batch):
        def gradient_penalty_loss(averaged_samples):
            with tf.GradientTape() as tape:
                tape.watch(averaged_samples)
                y_pred = critic(averaged_samples)
                total = tf.reduce_sum(y_pred)
            gradients = tape.gradient(total, averaged_samples)
            gradient_l2_norm = tf.sqrt(tf.reduce_sum(tf.square(gradients)))
            gradient_penalty = LAMBDA * tf.square(1 - gradient_l2_norm)
            return tf.reduce_mean(gradient_penalty)

        def wasserstein_loss(y_true, y_pred):
            return tf.reduce_mean(y_true * y_pred)

        averaged = batch["fake"] + batch["eps"] * (batch["real"] - batch["fake"])
        loss = wasserstein_loss(-1.0, critic(batch["real"])) + wasserstein_loss(1.0, critic(batch["fake"]))
        return loss + gradient_penalty_loss(averaged)

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": rng.standard_normal((n, h, h, c)).astype(fx),
                      "fake": rng.standard_normal((n, h, h, c)).astype(fx),
                      "eps": rng.uniform(0, 1, (n, 1, 1, 1)).astype(fx)},
            "variables": [k1, fc]}
