"""SimSiam: the model returns projections that are not detached, as if the stop-gradient were missing.

Source (real): https://github.com/PatrickHua/SimSiam/issues/39 (PyTorch, ported; answered: the detach is inside the loss D).
Right answer: EQUIVALENT to a model that returns detached projections.
"""
import keras
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
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, hid, dim = 18, 6, 5, 4

    backbone = tf.Variable(0.5 * arr(d, hid), name="backbone")
    projector = tf.Variable(0.6 * arr(hid, dim), name="projector")
    predictor = tf.Variable(0.6 * arr(dim, dim), name="predictor")
    x = arr(n, d)
    batch = {"x1": (x + 0.4 * arr(n, d)).astype(f), "x2": (x + 0.4 * arr(n, d)).astype(f)}

    def encoder(v):
        return tf.nn.elu(v @ backbone) @ projector

    def reference(b):
        z1, z2 = encoder(b["x1"]), encoder(b["x2"])
        p1, p2 = tf.tanh(z1) @ predictor, tf.tanh(z2) @ predictor
        z1, z2 = tf.stop_gradient(z1), tf.stop_gradient(z2)

        def cos(a, c):
            return tf.reduce_sum(a * c, axis=1) / (tf.norm(a, axis=1) * tf.norm(c, axis=1))

        return -0.5 * tf.reduce_mean(cos(p1, z2) + cos(p2, z1))

    def candidate(b):
        def D(p, z, version="original"):
            if version == "original":
                z = tf.stop_gradient(z)
                p = tf.math.l2_normalize(p, axis=1)
                z = tf.math.l2_normalize(z, axis=1)
                return -tf.reduce_mean(tf.reduce_sum(p * z, axis=1))
            raise NotImplementedError(version)

        z1, z2 = encoder(b["x1"]), encoder(b["x2"])
        p1, p2 = (tf.matmul(tf.tanh(z), predictor) for z in (z1, z2))
        L = D(p1, z2) / 2 + D(p2, z1) / 2
        return L

    return {"variables": [backbone, projector, predictor], "batch": batch, "reference": reference, "candidate": candidate}
