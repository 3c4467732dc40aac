"""PPO with an action mask: masked logits are -Inf, p is 0 and log p is -Inf, their product in the entropy is NaN.
Source: https://github.com/JuliaReinforcementLearning/ReinforcementLearning.jl/issues/917"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "entropy_loss = -tf.reduce_sum(p * log_p) / n",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 13, 6, 5
    actor = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(7, activation="tanh", name="h"),
                              keras.layers.Dense(acts, name="logits")])

    def reference(batch):
        losses = []
        for i in range(n):
            legal = [a for a in range(acts) if bool(batch["legal"][i, a])]
            logits = tf.gather(actor(batch["obs"][i:i + 1])[0], legal)
            logp = tf.nn.log_softmax(logits)
            chosen = logp[legal.index(int(batch["action"][i]))]
            ent = -tf.reduce_sum(tf.exp(logp) * logp)
            losses.append(-batch["adv"][i] * tf.exp(chosen - batch["old"][i]) - 0.05 * ent)
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        raw_logit = actor(batch["obs"])
        low = tf.constant(-np.inf, f)
        logit = raw_logit + tf.where(batch["legal"], tf.zeros_like(raw_logit), low)
        p = tf.nn.softmax(logit)
        log_p = tf.nn.log_softmax(logit)
        log_p_a = tf.gather(log_p, batch["action"], batch_dims=1)
        ratio = tf.exp(log_p_a - batch["old"])
        actor_loss = -tf.reduce_mean(ratio * batch["adv"])
        entropy_loss = -tf.reduce_sum(p * log_p) / n
        return actor_loss - 0.05 * entropy_loss

    legal = rng.random((n, acts)) < 0.6
    action = rng.integers(0, acts, n)
    legal[np.arange(n), action] = True
    legal[0] = [True, True, False, True, False]
    action[0] = 1
    batch = {"obs": rng.normal(size=(n, obs)).astype(f), "legal": legal, "action": action,
             "adv": rng.normal(size=n).astype(f), "old": (-1 + 0.2 * rng.normal(size=n)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": actor.trainable_variables}
