"""PPO: the objective takes the larger one of the clipped and the unclipped surrogate, not the smaller one.

Source (real): https://github.com/yandexdataschool/Practical_RL/issues/248 (week09 ppo.ipynb, PyTorch, ported; "maximizing the minimum is
not minimising the maximum").
Right answer: NOT equivalent. The larger one lets exactly those samples go that should be held, and the other way round.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return -tf.reduce_mean(tf.maximum(J, J_clipped))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, cliprange = 32, 4, 2, 0.2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    mu = tf.Variable(0.4 * arr(d, acts), name="mu")
    log_sigma = tf.Variable(0.2 * arr(acts), name="log_sigma")
    v_w = tf.Variable(0.5 * arr(d), name="v_w")
    batch = {
        "observations": arr(n, d),
        "actions": arr(n, acts),
        "advantages": arr(n),
        "value_targets": arr(n),
        "shift": 0.4 * arr(n),
    }
    c = np.log(2.0 * np.pi)

    def log_probs(obs, actions):
        z = (actions - obs @ mu) / tf.exp(log_sigma)
        return tf.reduce_sum(-0.5 * tf.square(z) - log_sigma - 0.5 * c, axis=-1)

    old = log_probs(tf.constant(batch["observations"]), tf.constant(batch["actions"]))
    batch["log_probs"] = old.numpy() + batch.pop("shift")

    def reference(b):
        # Spinning Up: -min(r A, g(eps, A)) with g = (1 + eps) A for A >= 0 and (1 - eps) A for A < 0
        logp = log_probs(b["observations"], b["actions"])
        total = 0.0
        for k in range(len(b["advantages"])):
            a = b["advantages"][k]
            g = (1.0 + cliprange) * a if float(a) >= 0 else (1.0 - cliprange) * a
            total -= tf.minimum(tf.exp(logp[k] - b["log_probs"][k]) * a, g)
            total += 0.25 * (tf.tensordot(b["observations"][k], v_w, 1) - b["value_targets"][k]) ** 2
        return total / len(b["advantages"])

    class PPO:
        value_loss_coef = 0.25

        def policy_loss(self, trajectory):
            ratio = tf.exp(log_probs(trajectory["observations"], trajectory["actions"]) - trajectory["log_probs"])
            J = ratio * trajectory["advantages"]
            J_clipped = tf.clip_by_value(ratio, 1 - cliprange, 1 + cliprange) * trajectory["advantages"]
            return J, J_clipped

        def value_loss(self, trajectory):
            values = tf.linalg.matvec(trajectory["observations"], v_w)
            return tf.reduce_mean(tf.square(values - trajectory["value_targets"]))

    def candidate(b):
        ppo = PPO()

        def policy_loss():
            J, J_clipped = ppo.policy_loss(b)
            return -tf.reduce_mean(tf.maximum(J, J_clipped))

        return policy_loss() + ppo.value_loss_coef * ppo.value_loss(b)

    return {"variables": [mu, log_sigma, v_w], "batch": batch, "reference": reference, "candidate": candidate}
