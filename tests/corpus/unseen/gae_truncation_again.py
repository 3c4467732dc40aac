"""GAE with auto-reset: the trace must be cut at truncation through the discount of the trace, yet the advantage of the
truncated step itself has to stay; masking it loses the sample. Source: https://github.com/EdanToledo/Stoix/pull/148"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "advantages = tf.stack(advs[::-1]) * (1.0 - truncation)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    t, b, d, a = 6, 3, 4, 3
    gamma, lam = 0.95, 0.9
    w_pi = tf.Variable(rng.normal(size=(d, a)).astype(fx), name="w_pi")
    w_v = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="w_v")
    trunc = np.zeros((t, b))
    trunc[2, 0] = 1.0
    trunc[4, 1] = 1.0
    trunc[1, 2] = 1.0
    disc = np.full((t, b), gamma)
    disc[3, 2] = 0.0

    def ppo_like(obs, actions, advantages, targets):
        logp = tf.gather(tf.nn.log_softmax(obs @ w_pi), actions, batch_dims=2)
        value = tf.squeeze(obs @ w_v, -1)
        pg = -tf.reduce_mean(logp * advantages)
        vf = tf.reduce_mean(tf.square(value - targets))
        return pg + 0.5 * vf

    def reference(batch):
        v = tf.squeeze(batch["obs"] @ w_v, -1)
        nv = tf.squeeze(batch["next_obs"] @ w_v, -1)
        delta = batch["reward"] + batch["discount"] * nv - v
        running = tf.zeros_like(delta[0])
        out = [None] * t
        for i in range(t - 1, -1, -1):
            running = delta[i] + batch["discount"][i] * lam * (1.0 - batch["truncation"][i]) * running
            out[i] = running
        adv = tf.stop_gradient(tf.stack(out))
        return ppo_like(batch["obs"], batch["action"], adv, tf.stop_gradient(adv + v))

    def candidate(batch):
        values = tf.squeeze(batch["obs"] @ w_v, -1)
        bootstrap = tf.squeeze(batch["next_obs"] @ w_v, -1)
        truncation = batch["truncation"]
        deltas = batch["reward"] + batch["discount"] * bootstrap - values
        carry = tf.zeros_like(deltas[0])
        advs = []
        for step in reversed(range(t)):
            keep = 1.0 - truncation[step]
            carry = deltas[step] + batch["discount"][step] * lam * keep * carry
            advs.append(carry)
        advantages = tf.stack(advs[::-1]) * (1.0 - truncation)
        targets = advantages + values
        return ppo_like(
            batch["obs"], batch["action"],
            tf.stop_gradient(advantages), tf.stop_gradient(targets),
        )

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "obs": rng.normal(size=(t, b, d)).astype(fx),
            "next_obs": rng.normal(size=(t, b, d)).astype(fx),
            "action": rng.integers(0, a, size=(t, b)).astype("int32"),
            "reward": rng.normal(size=(t, b)).astype(fx),
            "discount": disc.astype(fx), "truncation": trunc.astype(fx),
        },
        "variables": [w_pi, w_v],
    }
