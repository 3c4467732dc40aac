"""Action flow matching: the target is actions - noise with the raw noise, should it not be taken after the interpolation?

Source (real): https://github.com/lucidrains/pi-zero-pytorch/issues/13 (PyTorch, ported; settled by algorithm 2 of the rectified flow paper).
Right answer: EQUIVALENT to the conditional field (x1 - x_t) / (1 - t) of the straight path, which is constant in t.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, horizon, act, state, hid = 18, 4, 3, 5, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_a = tf.Variable(0.6 * arr(act, hid), name="action_in")
    w_s = tf.Variable(0.6 * arr(state, hid), name="state_in")
    w_t = tf.Variable(0.6 * arr(hid), name="time_in")
    w_o = tf.Variable(0.6 * arr(hid, act), name="action_out")
    batch = {
        "actions": arr(n, horizon, act),
        "noise": arr(n, horizon, act),
        "state": arr(n, state),
        "times": rng.uniform(0.0, 0.9, n).astype(f),
    }

    def transformer(x, s, t):
        return tf.nn.silu(x @ w_a + (s @ w_s)[:, None] + t[:, None, None] * w_t) @ w_o

    def reference(b):
        x_one = b["actions"]
        total = 0.0
        for k in range(horizon):
            t = b["times"][:, None]
            x_t = t * x_one[:, k] + (1.0 - t) * b["noise"][:, k]
            field = (x_one[:, k] - x_t) / (1.0 - t)
            guess = transformer(x_t[:, None], b["state"], b["times"])[:, 0]
            total += tf.reduce_mean(tf.square(guess - field)) / horizon
        return total

    def candidate(b):
        actions, noise, times = b["actions"], b["noise"], b["times"]
        flow = actions - noise
        padded_times = times[:, None, None]
        noised_actions = noise + padded_times * (actions - noise)
        pred_actions_flow = transformer(noised_actions, b["state"], times)
        return tf.reduce_mean(tf.square(flow - pred_actions_flow))

    return {"variables": [w_a, w_s, w_t, w_o], "batch": batch, "reference": reference, "candidate": candidate}
