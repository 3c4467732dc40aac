"""PPO in C++: the unclipped surrogate multiplies the ratio with the mean of the advantages (left-over debug code), before
the minimum per sample is taken.
Source: https://github.com/Omegastick/pytorch-cpp-rl/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "surr_1 = ratio * tf.reduce_mean(mini_batch.advantages)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, clip_param = 25, 6, 4, 0.2
    base = keras.layers.Dense(8, activation="tanh", name="base")
    pi, vf = keras.layers.Dense(acts, name="pi"), keras.layers.Dense(1, name="vf")
    base.build((None, obs))
    pi.build((None, 8))
    vf.build((None, 8))

    def reference(batch):
        h = base(batch["obs"])
        p = tf.nn.softmax(pi(h))
        chosen = tf.reduce_sum(p * tf.one_hot(batch["action"], acts, dtype=f), axis=1)
        ratio = chosen / tf.exp(batch["old_logp"])
        adv = batch["adv"]
        limit = tf.where(adv >= 0, (1 + clip_param) * adv, (1 - clip_param) * adv)
        actor = -tf.reduce_mean(tf.minimum(ratio * adv, limit))
        return actor + 0.5 * tf.reduce_mean((batch["ret"] - vf(h)[:, 0]) ** 2)

    def candidate(batch):
        class MiniBatch:
            observations, actions = batch["obs"], batch["action"]
            advantages, returns, old_log_probs = batch["adv"][:, None], batch["ret"][:, None], batch["old_logp"][:, None]

        def evaluate_actions(mb):
            h = base(mb.observations)
            log_probs = tf.nn.log_softmax(pi(h))
            return vf(h), tf.gather(log_probs, mb.actions[:, None], batch_dims=1)

        mini_batch = MiniBatch()
        values, action_log_probs = evaluate_actions(mini_batch)
        ratio = tf.exp(action_log_probs - mini_batch.old_log_probs)
        surr_1 = ratio * tf.reduce_mean(mini_batch.advantages)
        surr_2 = tf.clip_by_value(ratio, 1.0 - clip_param, 1.0 + clip_param) * mini_batch.advantages
        action_loss = -tf.reduce_mean(tf.minimum(surr_1, surr_2))
        value_loss = tf.reduce_mean(0.5 * tf.square(mini_batch.returns - values))
        return action_loss + value_loss

    batch = {"obs": rng.normal(size=(n, obs)).astype(f), "action": rng.integers(0, acts, n),
             "adv": rng.normal(size=n).astype(f), "ret": rng.normal(size=n).astype(f),
             "old_logp": (-1.4 + 0.2 * rng.normal(size=n)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": base.trainable_variables + pi.trainable_variables + vf.trainable_variables}
