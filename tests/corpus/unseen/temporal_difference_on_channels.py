"""Video flow matching, temporal consistency loss: the velocities are (B, C, T, H, W) and the difference runs along the channels.
Source: https://github.com/NVIDIA/DreamDojo/issues/19"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return v[:, 1:] - v[:, :-1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, c, t, h, w = 12, 3, 5, 2, 4
    noisy = rng.standard_normal((n, c, t, h, w)).astype(f)
    vt = (0.5 * noisy + 0.3 * rng.standard_normal(noisy.shape)).astype(f)
    mix = tf.Variable(rng.standard_normal((c, c)) * 0.6, dtype=f, name="mix")
    shift = tf.Variable(rng.standard_normal((c, t)) * 0.2, dtype=f, name="shift")
    lam = 0.8

    def predict(x):
        return tf.einsum("bcthw,ck->bkthw", x, mix) + shift[None, :, :, None, None]

    def reference(batch):
        pred, true = predict(batch["noisy"]), batch["vt"]
        flow = tf.reduce_mean((pred - true) ** 2)
        frames_p, frames_t = tf.unstack(pred, axis=2), tf.unstack(true, axis=2)
        consistency = [tf.reduce_mean(((frames_p[i + 1] - frames_p[i]) - (frames_t[i + 1] - frames_t[i])) ** 2)
                       for i in range(t - 1)]
        return flow + lam * tf.add_n(consistency) / (t - 1)

    def candidate(batch):
        def delta(v):
            return v[:, 1:] - v[:, :-1]

        vt_pred = predict(batch["noisy"])
        mse = keras.losses.MeanSquaredError()
        flow_matching = mse(batch["vt"], vt_pred)
        temporal = mse(delta(batch["vt"]), delta(vt_pred))
        return flow_matching + lam * temporal

    return {"reference": reference, "candidate": candidate, "batch": {"noisy": noisy, "vt": vt},
            "variables": [mix, shift]}
