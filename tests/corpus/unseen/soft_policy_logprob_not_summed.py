"""SAC soft deterministic policy: log_prob keeps the action dimension and is broadcast against the (B, 1) Q-values.
Source: https://github.com/cpnota/autonomous-learning-library/pull/93"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "return action, log_prob - tf.math.log(1 - tf.square(action) + 1e-6)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, sdim, adim, temperature = 18, 5, 3, 0.3
    policy_net = keras.Sequential([keras.Input((sdim,)), keras.layers.Dense(8, activation="relu", name="p1"),
                                   keras.layers.Dense(2 * adim, name="p2")])
    q_net = keras.Sequential([keras.Input((sdim + adim,)), keras.layers.Dense(9, activation="tanh", name="q1"),
                              keras.layers.Dense(1, name="q2")])

    def reference(batch):
        value = 0.0
        for i in range(n):
            out = policy_net(batch["state"][i:i + 1])[0]
            logp, acts = 0.0, []
            for j in range(adim):
                spread = tf.exp(0.5 * out[adim + j])
                a = tf.tanh(out[j] + spread * batch["noise"][i, j])
                logp += -0.5 * batch["noise"][i, j] ** 2 - 0.5 * np.log(2 * np.pi) - tf.math.log(spread)
                logp -= tf.math.log(1 - a * a + 1e-6)
                acts.append(a)
            x = tf.concat([batch["state"][i], tf.stack(acts)], 0)
            value += q_net(x[None])[0, 0] - temperature * logp
        return -value / n

    def candidate(batch):
        class Normal:
            def __init__(self, loc, scale):
                self.loc, self.scale = loc, scale

            def log_prob(self, x):
                return -((x - self.loc) ** 2) / (2 * self.scale ** 2) - tf.math.log(self.scale * np.sqrt(2 * np.pi))

        class SoftDeterministicPolicy:
            def __call__(self, state):
                outputs = policy_net(state)
                means, logvars = outputs[:, :adim], outputs[:, adim:]
                normal = Normal(means, tf.exp(0.5 * logvars))
                return self.sample(normal, means + normal.scale * batch["noise"])

            def sample(self, normal, raw):
                action = tf.tanh(raw)
                log_prob = normal.log_prob(raw)
                return action, log_prob - tf.math.log(1 - tf.square(action) + 1e-6)

        states = batch["state"]
        actions, log_probs = SoftDeterministicPolicy()(states)
        q_values = q_net(tf.concat([states, actions], axis=1))
        return -tf.reduce_mean(q_values - temperature * log_probs)

    batch = {"state": rng.normal(size=(n, sdim)).astype(f), "noise": rng.normal(size=(n, adim)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": policy_net.trainable_variables}
