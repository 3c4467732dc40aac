"""Right: the network is the negative energy, so contrastive divergence is fake_out - real_out and not real - fake.

Source (real): https://github.com/phlippe/uvadlc_notebooks/issues/60
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 12, 6, 9
    w1 = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="w1")
    b1 = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.2, name="b1")
    w2 = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.6, name="w2")
    batch = {
        "real": (rng.normal(size=(n, d)) + 0.5).astype("float32"),
        "start": rng.normal(size=(n, d)).astype("float32"),
        "langevin": (rng.normal(size=(n, d)) * 0.05).astype("float32"),
    }
    alpha, step = 0.1, 0.3

    def cnn(x):
        return tf.linalg.matvec(tf.nn.silu(x @ w1 + b1), w2)

    def reference(b):
        def energy(x):
            return -cnn(x)
        with tf.GradientTape() as tape:
            tape.watch(b["start"])
            e = tf.reduce_sum(energy(b["start"]))
        fake = tf.stop_gradient(b["start"] - step * tape.gradient(e, b["start"]) + b["langevin"])
        e_real, e_fake = energy(b["real"]), energy(fake)
        return tf.reduce_mean(e_real) - tf.reduce_mean(e_fake) + alpha * tf.reduce_mean(e_real ** 2 + e_fake ** 2)

    def candidate(b):
        x = b["start"]
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = tf.reduce_sum(cnn(x))
        samples = tf.stop_gradient(x + step * tape.gradient(score, x) + b["langevin"])
        out = cnn(tf.concat([b["real"], samples], axis=0))
        real_out, fake_out = out[:n], out[n:]
        reg_loss = alpha * tf.reduce_mean(real_out ** 2 + fake_out ** 2)
        cdiv_loss = tf.reduce_mean(fake_out) - tf.reduce_mean(real_out)
        return reg_loss + cdiv_loss

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
