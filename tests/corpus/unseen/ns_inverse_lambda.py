"""Inverse Navier-Stokes PINN: the unknown coefficient lam1 is put in front of the pressure
gradient; the reporter says it belongs to the convective term.
Source: https://github.com/Shengfeng233/PINN-for-NS-equation/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'res_x = d_t[0] + (u * d_x[0] + v * d_y[0]) + lam1 * d_x[2] - lam2 * (d_xx[0] + d_yy[0])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, hid = 5, 6
    w1 = tf.Variable((rng.standard_normal((3, hid)) * 0.7).astype(fx), name="w1")
    b1 = tf.Variable((rng.standard_normal(hid) * 0.3).astype(fx), name="b1")
    w2 = tf.Variable((rng.standard_normal((hid, 3)) * 0.7).astype(fx), name="w2")
    lam1 = tf.Variable(np.asarray(0.6, dtype=fx), name="lam1")
    lam2 = tf.Variable(np.asarray(0.3, dtype=fx), name="lam2")

    def derivs(batch):
        s = tf.tanh(tf.matmul(batch["xyt"], w1) + b1)
        out = tf.matmul(s, w2)
        first = (1.0 - s ** 2)
        second = -2.0 * s * first
        d = [tf.matmul(first * w1[k], w2) for k in range(3)]
        dd = [tf.matmul(second * w1[k] ** 2, w2) for k in range(2)]
        return out, d, dd

    def reference(batch):
        out, (gx, gy, gt), (gxx, gyy) = derivs(batch)
        u, v = out[:, 0], out[:, 1]
        fu = gt[:, 0] + lam1 * (u * gx[:, 0] + v * gy[:, 0]) + gx[:, 2] - lam2 * (gxx[:, 0] + gyy[:, 0])
        fv = gt[:, 1] + lam1 * (u * gx[:, 1] + v * gy[:, 1]) + gy[:, 2] - lam2 * (gxx[:, 1] + gyy[:, 1])
        data = tf.reduce_mean(tf.reduce_sum((out[:, :2] - batch["uv"]) ** 2, axis=1) * batch["measured"])
        return data + tf.reduce_mean(fu ** 2) + tf.reduce_mean(fv ** 2)

    def candidate(batch):
        out, d, dd = derivs(batch)
        u, v, _ = tf.unstack(out, axis=1)
        d_x, d_y, d_t = [tf.unstack(g, axis=1) for g in d]
        d_xx, d_yy = [tf.unstack(g, axis=1) for g in dd]
        res_x = d_t[0] + (u * d_x[0] + v * d_y[0]) + lam1 * d_x[2] - lam2 * (d_xx[0] + d_yy[0])
        res_y = d_t[1] + lam1 * (u * d_x[1] + v * d_y[1]) + d_y[2] - lam2 * (d_xx[1] + d_yy[1])
        misfit = tf.square(u - batch["uv"][:, 0]) + tf.square(v - batch["uv"][:, 1])
        mse_data = tf.reduce_mean(misfit * batch["measured"])
        return mse_data + tf.reduce_mean(tf.square(res_x) + tf.square(res_y))

    return {"reference": reference, "candidate": candidate,
            "batch": {"xyt": rng.standard_normal((n, 3)).astype(fx),
                      "uv": rng.standard_normal((n, 2)).astype(fx),
                      "measured": np.array([1, 0, 1, 1, 0]).astype(fx)},
            "variables": [w1, b1, w2, lam1, lam2]}
