"""tfa SpectralNormalization assigns w / sigma to the kernel, which cuts the gradient of the normalisation: the kernel
gets the gradient with respect to the normalised weight.
Source: https://github.com/tensorflow/addons/pull/1244"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'return w + tf.stop_gradient(w / sigma - w)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    n, d, hid = 6, 4, 5
    k1 = var("kernel1", d, hid)
    k2 = var("kernel2", hid, 1)

    def reference(batch):
        def sn(w, u):
            for _ in range(3):
                v = tf.math.l2_normalize(tf.linalg.matvec(w, u))
                u = tf.math.l2_normalize(tf.linalg.matvec(w, v, transpose_a=True))
            u, v = tf.stop_gradient(u), tf.stop_gradient(v)
            return w / tf.tensordot(v, tf.linalg.matvec(w, u), 1)

        def critic(x):
            return tf.nn.leaky_relu(x @ sn(k1, batch["u1"]), 0.2) @ sn(k2, batch["u2"])

        return tf.reduce_mean(tf.nn.relu(1 - critic(batch["real"]))) + tf.reduce_mean(tf.nn.relu(1 + critic(batch["fake"])))

    def candidate(batch):
        def normalize_weights(w, u, power_iterations=3):
            u = tf.reshape(u, [1, -1])
            for _ in range(power_iterations):
                v = tf.math.l2_normalize(tf.matmul(u, w, transpose_b=True))
                u = tf.math.l2_normalize(tf.matmul(v, w))
            u, v = tf.stop_gradient(u), tf.stop_gradient(v)
            sigma = tf.matmul(tf.matmul(v, w), u, transpose_b=True)
            return w + tf.stop_gradient(w / sigma - w)

        w1 = normalize_weights(k1, batch["u1"])
        w2 = normalize_weights(k2, batch["u2"])
        x = tf.concat([batch["real"], batch["fake"]], axis=0)
        score = tf.matmul(tf.nn.leaky_relu(tf.matmul(x, w1), alpha=0.2), w2)
        real_score, fake_score = tf.split(score, 2, axis=0)
        return tf.reduce_mean(tf.nn.relu(1.0 - real_score)) + tf.reduce_mean(tf.nn.relu(1.0 + fake_score))

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": arr(n, d), "fake": arr(n, d) + 0.5, "u1": arr(hid), "u2": arr(1)},
            "variables": [k1, k2]}
