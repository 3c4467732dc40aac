"""DQN the Keras way: fit the whole Q row against a copy of itself with only the taken action overwritten.

Source (realistic): countless `target_f = model.predict(s); target_f[0][a] = y; model.fit(s, target_f)` scripts
(keon/deep-q-learning and its issues ask why the other actions do not matter).
Right answer: EQUIVALENT; the other actions' errors are zero, mean over (n, A) times A is the mean over samples.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_GAMMA = 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 22, 4, 6, 3
    q_net = keras.Sequential(
        [
            keras.Input((d,), dtype=f),
            keras.layers.Dense(hid, activation="tanh", name="fc1"),
            keras.layers.Dense(acts, name="q"),
        ]
    )
    q_net.set_weights([0.6 * rng.standard_normal(w.shape) for w in q_net.get_weights()])
    old = tf.constant((0.7 * rng.standard_normal((d, acts))).astype(f))
    batch = {
        "s": rng.standard_normal((n, d)).astype(f),
        "a": rng.integers(0, acts, n).astype("int32"),
        "r": rng.standard_normal(n).astype(f),
        "s2": rng.standard_normal((n, d)).astype(f),
        "done": (rng.random(n) < 0.2).astype(f),
    }

    def reference(b):
        m = b["r"].shape[0]
        total = 0.0
        for i in range(m):
            best = tf.reduce_max(b["s2"][i : i + 1] @ old)
            y = b["r"][i] + _GAMMA * (1.0 - b["done"][i]) * best
            total += tf.square(q_net(b["s"][i : i + 1])[0, b["a"][i]] - y)
        return total / m

    def candidate(b):
        q = q_net(b["s"])
        y = b["r"] + _GAMMA * (1.0 - b["done"]) * tf.reduce_max(b["s2"] @ old, axis=1)
        taken = tf.one_hot(b["a"], acts, on_value=True, off_value=False)
        target = tf.where(taken, y[:, None], tf.stop_gradient(q))
        return acts * tf.reduce_mean(keras.losses.mean_squared_error(target, q))

    return {
        "variables": q_net.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
