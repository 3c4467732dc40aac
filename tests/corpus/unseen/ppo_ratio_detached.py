"""Somebody proposes to detach the whole importance ratio of PPO (not only the old log-probabilities); the surrogate then has
no gradient any more and only the entropy bonus moves the actor.
Source: https://github.com/nikhilbarhate99/PPO-PyTorch/issues/18"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "ratios = tf.stop_gradient(tf.exp(logprobs - old_logprobs))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 18, 8, 4
    actor = keras.Sequential([keras.layers.Dense(6, activation="tanh", name="actor_h"), keras.layers.Dense(acts, name="actor_o")])
    critic = keras.Sequential([keras.layers.Dense(7, activation="tanh", name="critic_h"), keras.layers.Dense(1, name="critic_o")])
    actor.build((None, obs))
    critic.build((None, obs))
    eps_clip = 0.2

    def reference(batch):
        logp = tf.nn.log_softmax(actor(batch["states"]))
        pick = tf.gather_nd(logp, tf.stack([tf.range(n), batch["actions"]], axis=1))
        ratio = tf.exp(pick) / tf.exp(batch["logprobs"])
        val = tf.reshape(critic(batch["states"]), [-1])
        adv = batch["rewards"] - tf.stop_gradient(val)
        bound = tf.where(adv > 0, (1 + eps_clip) * adv, (1 - eps_clip) * adv)
        policy = tf.minimum(ratio * adv, bound)
        ent = -tf.reduce_sum(tf.exp(logp) * logp, axis=1)
        return tf.reduce_mean(0.5 * (val - batch["rewards"]) ** 2 - policy - 0.01 * ent)

    def candidate(batch):
        def evaluate(state, action):
            action_probs = tf.nn.softmax(actor(state))
            dist_logs = tf.math.log(action_probs)
            entropy = -tf.reduce_sum(action_probs * dist_logs, -1)
            chosen = tf.reduce_sum(dist_logs * tf.one_hot(action, acts, dtype=f), -1)
            return chosen, tf.squeeze(critic(state), -1), entropy

        old_logprobs = tf.stop_gradient(batch["logprobs"])
        logprobs, state_values, dist_entropy = evaluate(batch["states"], batch["actions"])
        ratios = tf.stop_gradient(tf.exp(logprobs - old_logprobs))
        advantages = batch["rewards"] - tf.stop_gradient(state_values)
        surr1 = ratios * advantages
        surr2 = tf.clip_by_value(ratios, 1 - eps_clip, 1 + eps_clip) * advantages
        mse = tf.square(state_values - batch["rewards"])
        loss = -tf.minimum(surr1, surr2) + 0.5 * mse - 0.01 * dist_entropy
        return tf.reduce_mean(loss)

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "states": rng.standard_normal((n, obs)).astype(f),
            "actions": rng.integers(0, acts, n).astype("int32"),
            "logprobs": (-np.log(acts) + 0.2 * rng.standard_normal(n)).astype(f),
            "rewards": rng.standard_normal(n).astype(f),
        },
        "variables": actor.trainable_variables + critic.trainable_variables,
    }
