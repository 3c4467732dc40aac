"""VQ-VAE straight-through: z + (q - stop_gradient(z)) instead of z + stop_gradient(q - z).

Origin (realistic): misplaced parenthesis; the value is the code either way.
Right answer: NOT equivalent; the reconstruction loss also moves the codebook.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'z_q = z + (q - tf.stop_gradient(z))',
    "same_forward_value": True,
}

_BETA = 0.25


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, zdim, codes = 25, 6, 3, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    we = tf.Variable(0.6 * arr(d, zdim), name="enc_w")
    book = tf.Variable(arr(codes, zdim), name="codebook")
    wd = tf.Variable(0.7 * arr(zdim, d), name="dec_w")
    batch = {"x": arr(n, d)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["x"][i]
            z = (x[None] @ we)[0]
            k = int(np.argmin([float(tf.reduce_sum(tf.square(z - book[j]))) for j in range(codes)]))
            q = book[k]
            through = z + tf.stop_gradient(q - z)
            total += tf.reduce_sum(tf.square((through[None] @ wd)[0] - x))
            total += tf.reduce_sum(tf.square(tf.stop_gradient(z) - q))
            total += _BETA * tf.reduce_sum(tf.square(z - tf.stop_gradient(q)))
        return total / m

    def candidate(b):
        z = b["x"] @ we
        dist = tf.reduce_sum(tf.square(z[:, None] - book[None]), -1)
        q = tf.gather(book, tf.argmin(dist, axis=1))
        z_q = z + (q - tf.stop_gradient(z))
        terms = {
            "recon": tf.square(z_q @ wd - b["x"]),
            "codebook": tf.square(tf.stop_gradient(z) - q),
            "commit": _BETA * tf.square(z - tf.stop_gradient(q)),
        }
        return sum(tf.reduce_mean(tf.reduce_sum(v, axis=-1)) for v in terms.values())

    return {"variables": [we, book, wd], "batch": batch, "reference": reference, "candidate": candidate}
