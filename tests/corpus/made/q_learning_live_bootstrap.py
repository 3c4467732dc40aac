"""Q-learning with one keras network: the bootstrapped target is not wrapped in stop_gradient.

Origin (realistic): after removing the separate target network the target is computed inside the tape.
Right answer: NOT equivalent to semi-gradient Q-learning; residual gradient through max Q(s').
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'goal = b["rew"] + _GAMMA * tf.reduce_max(net(b["next_obs"]), axis=-1)',
    "same_forward_value": True,
}

_GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 23, 4, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    net = keras.Sequential(
        [
            keras.Input((d,), dtype=f),
            keras.layers.Dense(hid, activation="tanh", name="torso", dtype=f),
            keras.layers.Dense(acts, name="q_values", dtype=f),
        ]
    )
    net.set_weights([0.6 * arr(*p.shape) for p in net.get_weights()])
    batch = {"obs": arr(n, d), "act": rng.integers(0, acts, n).astype("int32"), "rew": arr(n), "next_obs": arr(n, d)}

    def reference(b):
        m = b["rew"].shape[0]
        total = 0.0
        for i in range(m):
            q = net(b["obs"][i : i + 1])[0, b["act"][i]]
            boot = tf.stop_gradient(tf.reduce_max(net(b["next_obs"][i : i + 1])))
            total += tf.square(b["rew"][i] + _GAMMA * boot - q)
        return total / m

    @tf.function
    def candidate(b):
        rows = tf.range(tf.shape(b["act"])[0])
        q = tf.gather_nd(net(b["obs"]), tf.stack([rows, b["act"]], axis=-1))
        goal = b["rew"] + _GAMMA * tf.reduce_max(net(b["next_obs"]), axis=-1)
        return tf.reduce_mean(tf.square(goal - q))

    return {"variables": net.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
