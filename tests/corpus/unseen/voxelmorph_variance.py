"""Local NCC: I2 - 2 u I + u u N looks odd to the reporter against the paper's sum of squared deviations; it is equal.
Source: https://github.com/voxelmorph/voxelmorph/issues/226"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, hw, win = 2, 6, 3
    field = tf.Variable((0.4 * rng.normal(size=(n, hw, hw))).astype(fx), name="intensity_field")
    scale = tf.Variable(np.array(1.0 + 0.2 * rng.normal(), fx), name="scale")

    def reference(batch):
        def windows(t):
            rows = []
            for y in range(hw - win + 1):
                for x in range(hw - win + 1):
                    rows.append(tf.reshape(t[:, y:y + win, x:x + win], (n, -1)))
            return tf.stack(rows, axis=1)

        f = windows(batch["fixed"])
        m = windows(scale * batch["moving"] + field)
        f -= tf.reduce_mean(f, axis=2, keepdims=True)
        m -= tf.reduce_mean(m, axis=2, keepdims=True)
        num = tf.reduce_sum(f * m, axis=2) ** 2
        den = tf.reduce_sum(f ** 2, axis=2) * tf.reduce_sum(m ** 2, axis=2)
        return -tf.reduce_mean(num / (den + 1e-2))

    def candidate(batch):
        filt = tf.ones((win, win, 1, 1), batch["fixed"].dtype)

        def conv_fn(t):
            return tf.nn.conv2d(t[..., None], filt, strides=1, padding="VALID")[..., 0]

        I = batch["fixed"]
        J = scale * batch["moving"] + field
        I_sum, J_sum = conv_fn(I), conv_fn(J)
        I2_sum, J2_sum, IJ_sum = conv_fn(I * I), conv_fn(J * J), conv_fn(I * J)
        win_size = win * win
        u_I = I_sum / win_size
        u_J = J_sum / win_size
        cross = IJ_sum - u_J * I_sum - u_I * J_sum + u_I * u_J * win_size
        I_var = I2_sum - 2 * u_I * I_sum + u_I * u_I * win_size
        J_var = J2_sum - 2 * u_J * J_sum + u_J * u_J * win_size
        cc = cross * cross / (I_var * J_var + 1e-2)
        return -tf.reduce_mean(cc)

    return {"reference": reference, "candidate": candidate,
            "batch": {"fixed": rng.normal(size=(n, hw, hw)).astype(fx), "moving": rng.normal(size=(n, hw, hw)).astype(fx)},
            "variables": [field, scale]}
