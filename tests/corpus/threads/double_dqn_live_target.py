"""Double DQN with one network: the bootstrapped target is not wrapped in stop_gradient.

Source (real): https://github.com/fg91/Deep-Q-Learning/issues/5 (TensorFlow; "do we need to stop the gradient?") and
https://github.com/datawhalechina/easy-rl/pull/117 (no detach(), and both nets turn out to be the same network).
Right answer: NOT equivalent; same loss value, but the residual gradient instead of the semi-gradient.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'target_q = b["rew"] + _GAMMA * double_q * (1.0 - b["done"])',
    "same_forward_value": True,
}

_GAMMA = 0.97


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 23, 4, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    hidden = keras.layers.Dense(hid, activation="tanh", name="hidden", dtype=f)
    head = keras.layers.Dense(acts, name="q_head", dtype=f)
    hidden.build((None, d))
    head.build((None, hid))
    for layer in (hidden, head):
        layer.set_weights([0.6 * arr(*p.shape) for p in layer.get_weights()])
    batch = {
        "obs": arr(n, d),
        "next_obs": arr(n, d),
        "act": rng.integers(0, acts, n),
        "rew": arr(n),
        "done": (rng.random(n) < 0.2).astype(f),
    }

    def net(x):
        return head(hidden(x))

    def reference(b):
        m = b["rew"].shape[0]
        total = 0.0
        for i in range(m):
            best = tf.reduce_max(net(b["next_obs"][i : i + 1]))
            goal = tf.stop_gradient(b["rew"][i] + _GAMMA * best * (1.0 - b["done"][i]))
            total += tf.square(net(b["obs"][i : i + 1])[0, b["act"][i]] - goal)
        return total / m

    def candidate(b):
        q = tf.reduce_sum(net(b["obs"]) * tf.one_hot(b["act"], acts, dtype=b["rew"].dtype), axis=1)
        next_q = net(b["next_obs"])
        double_q = tf.gather(next_q, tf.argmax(next_q, axis=1), batch_dims=1)
        target_q = b["rew"] + _GAMMA * double_q * (1.0 - b["done"])
        return tf.reduce_mean(keras.losses.mean_squared_error(target_q[:, None], q[:, None]))

    return {
        "variables": hidden.trainable_variables + head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
