"""Gaussian policy: stop_gradient around replayed actions and advantages, which are data anyway.

Source (real): https://github.com/hill-a/stable-baselines/issues/672 (TensorFlow; "why stop_gradient on the action taken
for one distribution and not for the other?" - answer: it could be removed).
Right answer: EQUIVALENT; nothing trainable lies behind those tensors.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 29, 6, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    mean_net = keras.layers.Dense(acts, name="mean", dtype=f)
    mean_net.build((None, d))
    mean_net.set_weights([0.5 * arr(*p.shape) for p in mean_net.get_weights()])
    log_std = tf.Variable(0.3 * arr(acts), name="log_std")
    batch = {"obs": arr(n, d), "act": arr(n, acts), "adv": arr(n)}

    def neglogp(obs, act):
        z = (act - mean_net(obs)) / tf.exp(log_std)
        return 0.5 * tf.reduce_sum(tf.square(z), -1) + 0.5 * np.log(2.0 * np.pi) * acts + tf.reduce_sum(log_std)

    def reference(b):
        m = b["adv"].shape[0]
        total = 0.0
        for i in range(m):
            total += neglogp(b["obs"][i : i + 1], b["act"][i : i + 1])[0] * b["adv"][i]
        return total / m

    def candidate(b):
        taken = tf.stop_gradient(b["act"])
        adv = tf.stop_gradient(b["adv"])
        return tf.reduce_mean(neglogp(b["obs"], taken) * adv)

    return {
        "variables": [*mean_net.trainable_variables, log_std],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
