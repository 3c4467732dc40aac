"""vits2 ResidualCouplingTransformers: the layer concatenates x_ = [x0, x1] but returns the input x, so the
coupling has no effect on z. Source: https://github.com/p0p4k/vits2_pytorch/issues/45"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "return x, logdet",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, C = 3, 4, 4
    hlf = C // 2
    enc = tf.Variable(rng.normal(0, 0.7, (C, C)).astype(fx), name="enc")
    Wm = [tf.Variable(rng.normal(0, 0.6, (hlf, hlf)).astype(fx), name=f"Wm{k}") for k in range(2)]
    Ws = [tf.Variable(rng.normal(0, 0.4, (hlf, hlf)).astype(fx), name=f"Ws{k}") for k in range(2)]
    lens = np.array([4, 2, 3])

    def reference(batch):
        mask = batch["x_mask"][..., None]
        z = tf.tensordot(batch["spec"], enc, 1) * mask
        total = 0.0
        for k in range(2):
            x0, x1 = tf.split(z, 2, axis=-1)
            h = tf.tanh(x0)
            m, logs = tf.tensordot(h, Wm[k], 1) * mask, tf.tanh(tf.tensordot(h, Ws[k], 1)) * mask
            x1 = m + x1 * tf.exp(logs) * mask
            z = tf.concat([x0, x1], axis=-1)[..., ::-1]
            total += tf.reduce_sum(logs)
        kl = 0.5 * tf.reduce_sum(tf.square(z - batch["m_p"]) * mask) - total
        return kl / tf.reduce_sum(batch["x_mask"])

    def candidate(batch):
        mask = tf.expand_dims(batch["x_mask"], -1)

        def coupling(x, k):
            x0, x1 = x[..., :hlf], x[..., hlf:]
            h = tf.tanh(x0)
            m = tf.tensordot(h, Wm[k], 1) * mask
            logs = tf.tanh(tf.tensordot(h, Ws[k], 1)) * mask
            x1 = m + x1 * tf.exp(logs) * mask
            x_ = tf.concat([x0, x1], axis=-1)
            logdet = tf.reduce_sum(logs, axis=[1, 2])
            return x, logdet

        z = tf.tensordot(batch["spec"], enc, 1) * mask
        logdet_tot = tf.zeros(B, dtype=z.dtype)
        for k in range(2):
            z, logdet = coupling(z, k)
            z = tf.reverse(z, axis=[-1])
            logdet_tot += logdet
        kl = 0.5 * tf.reduce_sum((z - batch["m_p"]) ** 2 * mask, axis=[1, 2]) - logdet_tot
        return tf.reduce_sum(kl) / tf.reduce_sum(mask)

    return {"reference": reference, "candidate": candidate,
            "batch": {"spec": rng.normal(size=(B, T, C)).astype(fx), "m_p": rng.normal(size=(B, T, C)).astype(fx),
                      "x_mask": (np.arange(T)[None] < lens[:, None]).astype(fx)},
            "variables": [enc] + Wm + Ws}
