"""Selective scan: B is discretised as delta * B in one einsum with the input, not by the zero-order hold of the paper's equation.
That is what the model means (Euler for B); the einsum equals the step-by-step recurrence.
Source: https://github.com/johnma2006/mamba-minimal/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, d_in, state = 12, 6, 4, 3
    x = rng.normal(size=(n, length, d_in)).astype(f)
    y = rng.normal(size=(n, length, d_in)).astype(f)
    a_log = tf.Variable(np.log(np.tile(np.arange(1, state + 1), (d_in, 1))).astype(f), name="a_log")
    w_dt = tf.Variable((0.4 * rng.normal(size=(d_in, d_in))).astype(f), name="w_dt")
    w_bc = tf.Variable((0.5 * rng.normal(size=(d_in, 2 * state))).astype(f), name="w_bc")
    skip = tf.Variable(np.ones((d_in,), dtype=f), name="skip")

    def reference(batch):
        rate = -tf.exp(a_log)
        h = tf.zeros((n, d_in, state), dtype=f)
        err = 0.0
        for k in range(length):
            u = batch["x"][:, k]
            dt = tf.nn.softplus(u @ w_dt)
            b, c = tf.split(u @ w_bc, 2, axis=1)
            b_bar = dt[:, :, None] * b[:, None, :]
            h = tf.exp(dt[:, :, None] * rate) * h + b_bar * u[:, :, None]
            out = tf.linalg.matvec(h, c) + skip * u
            err += tf.reduce_sum((out - batch["y"][:, k]) ** 2)
        return err / (n * length * d_in)

    def candidate(batch):
        def selective_scan(u, delta, a, b, c, d):
            delta_a = tf.exp(tf.einsum("bld,dn->bldn", delta, a))
            delta_b_u = tf.einsum("bld,bln,bld->bldn", delta, b, u)
            log_decay = tf.cumsum(tf.math.log(delta_a), axis=1)
            lower = np.tril(np.ones((length, length))).astype(f)[None, :, :, None, None]
            gap = (log_decay[:, :, None] - log_decay[:, None, :]) * lower
            kernel = tf.exp(gap) * lower
            states = tf.einsum("btsdn,bsdn->btdn", kernel, delta_b_u)
            return tf.einsum("btdn,btn->btd", states, c) + u * d

        u = batch["x"]
        delta = keras.ops.softplus(tf.tensordot(u, w_dt, axes=1))
        bc = tf.tensordot(u, w_bc, axes=1)
        out = selective_scan(u, delta, -tf.exp(a_log), bc[..., :state], bc[..., state:], skip)
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": [a_log, w_dt, w_bc, skip]}
