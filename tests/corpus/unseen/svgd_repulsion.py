"""SVGD differentiates the kernel matrix in its first argument without the minus sign, so the particles attract.
Source: https://github.com/activatedgeek/svgd/issues/1"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "phi = (tf.matmul(kxx, score) + grad_k) / n",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, d, h = 6, 2, 0.8
    particles = tf.Variable(rng.normal(size=(n, d)).astype(fx), name="particles")
    centers = np.array([[-2.0, 0.0], [2.0, 1.0]]).astype(fx)

    def log_prob(x):
        d2 = tf.reduce_sum(tf.square(x[:, None, :] - centers[None]), axis=-1)
        return tf.reduce_logsumexp(-0.5 * d2, axis=1)

    def score_at(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            lp = tf.reduce_sum(log_prob(x))
        return tape.gradient(lp, x)

    def reference(batch):
        x = tf.identity(particles) * batch["scale"]
        frozen = tf.stop_gradient(x)
        s = score_at(frozen)
        steps = []
        for i in range(n):
            move = 0.0
            for j in range(n):
                diff = frozen[j] - frozen[i]
                k = tf.exp(-tf.reduce_sum(diff ** 2) / (2 * h))
                move += k * s[j] - k * diff / h
            steps.append(move / n)
        return -tf.reduce_sum(tf.stop_gradient(tf.stack(steps)) * x)

    def candidate(batch):
        X = particles * batch["scale"]
        x_detached = tf.stop_gradient(X)
        score = score_at(x_detached)
        with tf.GradientTape() as tape:
            tape.watch(x_detached)
            sq = tf.reduce_sum((x_detached[:, None] - tf.stop_gradient(x_detached)[None]) ** 2, axis=-1)
            kxx = tf.exp(-sq / (2 * h))
            total = tf.reduce_sum(kxx)
        grad_k = tape.gradient(total, x_detached)
        phi = (tf.matmul(kxx, score) + grad_k) / n
        return -tf.reduce_sum(tf.stop_gradient(phi) * X)

    return {"reference": reference, "candidate": candidate,
            "batch": {"scale": rng.uniform(0.8, 1.2, size=(n, 1)).astype(fx)}, "variables": [particles]}
