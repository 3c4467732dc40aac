"""A2C tutorial: the critic loss is the mean of squared GAE advantages with gradients through the whole bootstrapped chain;
it ought to regress on a fixed target. Source: https://github.com/Farama-Foundation/Gymnasium/pull/1498"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "critic_loss = tf.reduce_mean(tf.square(advantages))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    T, envs, ds, na, gamma, lam = 5, 3, 4, 3, 0.95, 0.9
    critic = keras.Sequential([keras.layers.Input((ds,)), keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(1)],
                              name="critic")
    actor = keras.layers.Dense(na, name="actor")
    actor.build((None, ds))

    def action_log_probs(batch):
        lp = tf.nn.log_softmax(actor(batch["states"]), axis=-1)
        return tf.gather(lp, batch["actions"], axis=-1, batch_dims=2)

    def reference(batch):
        v = tf.reshape(critic(tf.reshape(batch["states"], (-1, ds))), (T, envs))
        frozen = tf.stop_gradient(v)
        delta = batch["rewards"][:-1] + gamma * batch["masks"][:-1] * frozen[1:] - frozen[:-1]
        adv = []
        for t in range(T - 1):
            weight, total = tf.ones((envs,), v.dtype), tf.zeros((envs,), v.dtype)
            for k in range(t, T - 1):
                total += weight * delta[k]
                weight = weight * gamma * lam * batch["masks"][k]
            adv.append(total)
        adv = tf.stack(adv)
        value_target = adv + frozen[:-1]
        policy = -tf.reduce_mean(action_log_probs(batch)[:-1] * adv)
        return policy + tf.reduce_mean((value_target - v[:-1]) ** 2)

    def candidate(batch):
        rewards, masks = batch["rewards"], batch["masks"]
        value_preds = tf.reshape(critic(tf.reshape(batch["states"], (-1, ds))), (T, envs))
        advantages = []
        gae = tf.zeros((envs,), value_preds.dtype)
        for t in reversed(range(T - 1)):
            td_error = rewards[t] + gamma * masks[t] * value_preds[t + 1] - value_preds[t]
            gae = td_error + gamma * lam * masks[t] * gae
            advantages.insert(0, gae)
        advantages = tf.stack(advantages)
        critic_loss = tf.reduce_mean(tf.square(advantages))
        actor_loss = -tf.reduce_mean(tf.stop_gradient(advantages) * action_log_probs(batch)[:-1])
        return actor_loss + critic_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.normal(size=(T, envs, ds)).astype(fx), "rewards": rng.normal(size=(T, envs)).astype(fx),
                      "masks": (rng.random((T, envs)) > 0.2).astype(fx),
                      "actions": rng.integers(0, na, (T, envs)).astype("int32")},
            "variables": critic.trainable_variables + actor.trainable_variables}
