"""Right: the contrastive divergence loss is fake - real, against the algorithm, because the network models the negative energy.

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
    n, d, h = 12, 5, 9
    w1 = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="w1")
    b1 = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.2, name="b1")
    w2 = tf.Variable(rng.normal(size=(h, 1)).astype("float32") * 0.5, name="w2")
    batch = {
        "real": rng.normal(size=(n, d)).astype("float32"),
        "start": rng.uniform(-1, 1, size=(n, d)).astype("float32"),
        "langevin": (rng.normal(size=(n, d)) * 0.01).astype("float32"),
    }
    alpha, step = 0.1, 0.2

    def cnn(x):
        return tf.squeeze(tf.nn.silu(x @ w1 + b1) @ w2, -1)

    def sampler(b):
        x = b["start"]
        for _ in range(3):
            with tf.GradientTape() as tape:
                tape.watch(x)
                out = tf.reduce_sum(cnn(x))
            x = tf.clip_by_value(x + b["langevin"] + step * tape.gradient(out, x), -1.5, 1.5)
        return tf.stop_gradient(x)

    def reference(b):
        def energy(x):
            return -cnn(x)
        x_minus = sampler(b)
        e_pos, e_neg = energy(b["real"]), energy(x_minus)
        l_cd = tf.reduce_mean(e_pos) - tf.reduce_mean(e_neg)
        l_rg = tf.reduce_mean(e_pos ** 2 + e_neg ** 2)
        return l_cd + alpha * l_rg

    def candidate(b):
        fake_imgs = sampler(b)
        inp_imgs = tf.concat([b["real"], fake_imgs], axis=0)
        real_out, fake_out = tf.split(cnn(inp_imgs), 2, axis=0)
        reg_loss = alpha * tf.reduce_mean(tf.square(real_out) + tf.square(fake_out))
        cdiv_loss = tf.reduce_mean(fake_out) - tf.reduce_mean(real_out)
        return reg_loss + cdiv_loss

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
