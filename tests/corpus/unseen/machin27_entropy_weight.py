"""A2C seemed to add the entropy to the loss (minimising it), but the entropy weight is stored negated, so the loss is right. Source: https://github.com/iffiX/machin/issues/27"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


class A2C:
    def __init__(self, actor, critic, entropy_weight=0.05, value_weight=0.5):
        self.actor, self.critic = actor, critic
        self.entropy_weight = -entropy_weight if entropy_weight is not None else None
        self.value_weight = value_weight

    def losses(self, state, action, target_value, advantage):
        logits = self.actor(state)
        log_probs = tf.nn.log_softmax(logits)
        action_log_prob = tf.reduce_sum(tf.one_hot(action, logits.shape[-1]) * log_probs, axis=-1, keepdims=True)
        new_action_entropy = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1)
        act_policy_loss = -(action_log_prob * advantage)
        act_policy_loss = tf.reduce_mean(act_policy_loss)
        if self.entropy_weight is not None:
            act_policy_loss += self.entropy_weight * tf.reduce_mean(new_action_entropy)
        value_loss = self.value_weight * tf.reduce_mean(tf.keras.losses.mse(target_value, self.critic(state)))
        return act_policy_loss, value_loss


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs, n_actions = 9, 4, 3

    def mlp(out, s):
        m = tf.keras.Sequential([
            tf.keras.layers.Dense(12, activation="relu", kernel_initializer=tf.keras.initializers.HeNormal(seed=s)),
            tf.keras.layers.Dense(out, kernel_initializer=tf.keras.initializers.HeNormal(seed=s + 1))])
        m.build((None, obs))
        return m

    actor, critic = mlp(n_actions, seed), mlp(1, seed + 5)
    agent = A2C(actor, critic)

    def reference(batch):
        p = tf.nn.softmax(actor(batch["state"]))
        chosen = tf.gather(p, batch["action"], axis=1, batch_dims=1)
        entropy = -tf.reduce_sum(p * tf.math.log(p), axis=1)
        policy = -tf.reduce_mean(tf.math.log(chosen) * batch["advantage"][:, 0])
        td = critic(batch["state"])[:, 0] - batch["target_value"][:, 0]
        return policy - 0.05 * tf.reduce_mean(entropy) + 0.5 * tf.reduce_mean(td ** 2)

    def candidate(batch):
        act_policy_loss, value_loss = agent.losses(batch["state"], batch["action"], batch["target_value"], batch["advantage"])
        return act_policy_loss + value_loss

    batch = {
        "state": rng.normal(size=(n, obs)).astype("float32"),
        "action": rng.integers(0, n_actions, n).astype("int32"),
        "target_value": rng.normal(size=(n, 1)).astype("float32"),
        "advantage": rng.normal(size=(n, 1)).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": actor.trainable_variables + critic.trainable_variables}
