"""The first spectral_norm divides weight.data by sigma, so that sigma is a constant for the gradient of the weight.
Source: https://github.com/pytorch/pytorch/pull/7298"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "sigma = tf.stop_gradient(tf.tensordot(u, tf.linalg.matvec(weight_mat, v), 1))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, d_in, hidden = 6, 5, 4

    def var(name, *shape, sc=0.8):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    w1, b1, w2 = var("w1", hidden, d_in), var("b1", hidden), var("w2", 1, hidden)

    def reference(batch):
        def lipschitz(weight, u):
            w_const = tf.stop_gradient(weight)
            for _ in range(2):
                v = tf.linalg.matvec(w_const, u, transpose_a=True)
                v = v / tf.norm(v)
                u = tf.linalg.matvec(w_const, v)
                u = u / tf.norm(u)
            return weight / tf.reduce_sum(weight * u[:, None] * v[None, :])

        def critic(x):
            h = tf.nn.leaky_relu(tf.matmul(x, lipschitz(w1, batch["u1"]), transpose_b=True) + b1)
            return tf.matmul(h, lipschitz(w2, batch["u2"]), transpose_b=True)

        real, fake = critic(batch["real"]), critic(batch["fake"])
        return tf.reduce_mean(tf.nn.relu(1.0 - real)) + tf.reduce_mean(tf.nn.relu(1.0 + fake))

    def candidate(batch):
        def compute_weight(weight, u, n_power_iterations=2):
            weight_mat = tf.reshape(weight, (weight.shape[0], -1))
            for _ in range(n_power_iterations):
                v = tf.stop_gradient(tf.math.l2_normalize(tf.linalg.matvec(tf.transpose(weight_mat), u)))
                u = tf.stop_gradient(tf.math.l2_normalize(tf.linalg.matvec(weight_mat, v)))
            sigma = tf.stop_gradient(tf.tensordot(u, tf.linalg.matvec(weight_mat, v), 1))
            return weight / sigma

        x = tf.concat([batch["real"], batch["fake"]], 0)
        h = tf.nn.leaky_relu(x @ tf.transpose(compute_weight(w1, batch["u1"])) + b1)
        score = tf.squeeze(h @ tf.transpose(compute_weight(w2, batch["u2"])), -1)
        d_real, d_fake = tf.split(score, 2)
        return tf.reduce_mean(tf.maximum(1.0 - d_real, 0.0) + tf.maximum(1.0 + d_fake, 0.0))

    def unit(n):
        x = rng.standard_normal(n)
        return (x / np.linalg.norm(x)).astype(fx)

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": rng.standard_normal((b, d_in)).astype(fx), "fake": rng.standard_normal((b, d_in)).astype(fx),
                      "u1": unit(hidden), "u2": unit(1)},
            "variables": [w1, b1, w2]}
