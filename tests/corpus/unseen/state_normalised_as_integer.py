"""Robot policy: min/max normalisation writes into zeros_like(values), which keeps an integer dtype and truncates the state.

Source (real): https://github.com/NVIDIA/Isaac-GR00T/pull/758 (NumPy, ported into the loss of a flow policy).
Right answer: NOT equivalent; integer states become -1 (and 1 at the maximum) instead of numbers in [-1, 1].
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "normalized = np.zeros_like(values)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, dof, act, hid = 23, 4, 3, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_s = tf.Variable(0.7 * arr(dof, hid), name="state_encoder")
    w_a = tf.Variable(0.7 * arr(act, hid), name="action_encoder")
    w_o = tf.Variable(0.7 * arr(hid, act), name="decoder")
    low, high = np.array([0, -5, 10, 0]), np.array([10, 5, 30, 200])
    batch = {
        "state": rng.integers(low, high + 1, (n, dof)),
        "action": arr(n, act),
        "noise": arr(n, act),
        "t": rng.uniform(0, 1, (n, 1)).astype(f),
    }

    def velocity(state, x_t):
        return tf.nn.gelu(state @ w_s + x_t @ w_a) @ w_o

    def reference(b):
        span = (high - low).astype(f)
        state = 2.0 * (tf.cast(b["state"], f) - low.astype(f)) / span - 1.0
        x_t = b["t"] * b["action"] + (1.0 - b["t"]) * b["noise"]
        return tf.reduce_mean(tf.square(velocity(state, x_t) - (b["action"] - b["noise"])))

    def candidate(b):
        def normalize_values_minmax(values, params):
            min_vals, max_vals = params["min"], params["max"]
            normalized = np.zeros_like(values)
            mask = ~np.isclose(max_vals, min_vals)
            normalized[..., mask] = (values[..., mask] - min_vals[..., mask]) / (
                max_vals[..., mask] - min_vals[..., mask]
            )
            normalized[..., mask] = 2 * normalized[..., mask] - 1
            return normalized

        state = normalize_values_minmax(b["state"].numpy(), {"min": low, "max": high})
        noisy_trajectory = (1 - b["t"]) * b["noise"] + b["t"] * b["action"]
        pred_actions = velocity(tf.cast(state, b["t"].dtype), noisy_trajectory)
        return keras.losses.MeanSquaredError()(b["action"] - b["noise"], pred_actions)

    return {"variables": [w_s, w_a, w_o], "batch": batch, "reference": reference, "candidate": candidate}
