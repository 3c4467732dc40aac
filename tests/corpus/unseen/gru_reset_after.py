"""GRU with r * (R h) instead of R (r * h) is reported as problematic; it is the cuDNN form, the same as Keras'
reset_after=True. Source: https://github.com/ROCm/MIOpen/issues/716"""
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
    fx = keras.config.floatx()
    n, t, d, hid = 4, 4, 3, 5
    cell = keras.layers.GRUCell(hid, reset_after=True, name="gru_cell")
    cell.build((None, d))
    cell.bias.assign(rng.normal(size=(2, 3 * hid)))

    def reference(batch):
        h = batch["h0"]
        losses = []
        for step in range(t):
            _, state = cell(batch["x"][:, step], [h])
            h = state[0] if isinstance(state, (list, tuple)) else state
            losses.append(tf.reduce_mean((h - batch["y"][:, step]) ** 2))
        return tf.reduce_mean(losses)

    def candidate(batch):
        w_i, w_r, w_h = tf.split(cell.kernel, 3, axis=1)
        r_i, r_r, r_h = tf.split(cell.recurrent_kernel, 3, axis=1)
        bw, br = tf.convert_to_tensor(cell.bias)[0], tf.convert_to_tensor(cell.bias)[1]
        bw_i, bw_r, bw_h = tf.split(bw, 3)
        br_i, br_r, br_h = tf.split(br, 3)
        h = batch["h0"]
        total = 0.0
        for x_t, y_t in zip(tf.unstack(batch["x"], axis=1), tf.unstack(batch["y"], axis=1)):
            i_t = tf.sigmoid(tf.matmul(x_t, w_i) + tf.matmul(h, r_i) + bw_i + br_i)
            r_t = tf.sigmoid(tf.matmul(x_t, w_r) + tf.matmul(h, r_r) + bw_r + br_r)
            h_new = tf.tanh(tf.matmul(x_t, w_h) + bw_h + r_t * (tf.matmul(h, r_h) + br_h))
            h = (1.0 - i_t) * h_new + i_t * h
            total += tf.reduce_sum(tf.square(h - y_t))
        return total / (n * t * hid)

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(n, t, d)).astype(fx),
            "h0": rng.normal(size=(n, hid)).astype(fx),
            "y": rng.uniform(-1, 1, size=(n, t, hid)).astype(fx),
        },
        "variables": cell.trainable_variables,
    }
