"""Double DQN: rewards (n,) plus discounted next values (n, 1) make the targets an (n, n) matrix.

Source (real): https://github.com/datawhalechina/easy-rl/issues/121 (reward_batch lacks unsqueeze(1)). PyTorch, ported.
Right answer: NOT equivalent; the squared error of (n, 1) against (n, n) pulls every Q to the mean reward.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'expected = b["rew"] + _GAMMA * next_q * (1.0 - b["done"])',
    "same_forward_value": False,
}

_GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 24, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    policy = keras.layers.Dense(acts, name="policy_net", dtype=f)
    policy.build((None, d))
    policy.set_weights([0.6 * arr(*p.shape) for p in policy.get_weights()])
    target_w = tf.constant(0.6 * arr(d, acts))
    batch = {
        "obs": arr(n, d),
        "next_obs": arr(n, d),
        "act": rng.integers(0, acts, (n, 1)),
        "rew": 2.0 * arr(n),
        "done": (rng.random((n, 1)) < 0.2).astype(f),
    }

    def reference(b):
        m = b["rew"].shape[0]
        total = 0.0
        for i in range(m):
            best = tf.argmax(policy(b["next_obs"][i : i + 1])[0])
            goal = b["rew"][i] + _GAMMA * (b["next_obs"][i : i + 1] @ target_w)[0, best] * (1.0 - b["done"][i, 0])
            total += tf.square(policy(b["obs"][i : i + 1])[0, b["act"][i, 0]] - goal)
        return total / m

    def candidate(b):
        q = tf.gather(policy(b["obs"]), b["act"], batch_dims=1)
        best = tf.argmax(policy(b["next_obs"]), axis=1)[:, None]
        next_q = tf.gather(b["next_obs"] @ target_w, best, batch_dims=1)
        expected = b["rew"] + _GAMMA * next_q * (1.0 - b["done"])
        return tf.reduce_mean(tf.square(q - expected))

    return {
        "variables": policy.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
