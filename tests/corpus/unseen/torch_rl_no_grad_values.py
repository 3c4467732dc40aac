"""A2C starter files: feared that a gradient runs through the last value into the advantage; that part is under no_grad.
Source: https://github.com/lcswillems/rl-starter-files/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    T, P, d, A, gamma, lam = 4, 2, 4, 3, 0.95, 0.9
    body = keras.layers.Dense(5, activation="tanh", name="body")
    actor = keras.layers.Dense(A, name="actor")
    critic = keras.layers.Dense(1, name="critic")
    for layer, k in ((body, d), (actor, 5), (critic, 5)):
        layer.build((None, k))

    def reference(batch):
        def value(x):
            return critic(body(x))[:, 0]

        v = value(tf.reshape(batch["obs"], [T * P, d]))
        v_np = v.numpy().reshape(T, P)
        ext = np.concatenate([v_np, value(batch["last_obs"]).numpy()[None]])
        r, m = batch["rewards"].numpy(), batch["masks"].numpy()
        adv = np.zeros((T, P), v_np.dtype)
        for t in range(T):
            for k in range(T - 1, t - 1, -1):
                adv[t] = r[k] + gamma * ext[k + 1] * m[k] - ext[k] + gamma * lam * m[k] * adv[t]
        ret = (adv + v_np).reshape(-1)
        lp = tf.nn.log_softmax(actor(body(tf.reshape(batch["obs"], [T * P, d]))))
        hot = tf.one_hot(tf.reshape(batch["actions"], [-1]), A, dtype=lp.dtype)
        pg = -tf.reduce_mean(tf.reduce_sum(lp * hot, 1) * adv.reshape(-1))
        ent = -tf.reduce_mean(tf.reduce_sum(tf.exp(lp) * lp, 1))
        return pg - 0.01 * ent + 0.5 * tf.reduce_mean((v - ret) ** 2)

    def candidate(batch):
        feat = body(batch["obs"])
        logits, values = actor(feat), tf.squeeze(critic(feat), -1)
        next_value = tf.squeeze(critic(body(batch["last_obs"])), -1)
        rollout_values = tf.stop_gradient(values)
        next_value = tf.stop_gradient(next_value)
        next_advantage = tf.zeros_like(next_value)
        advantages = [None] * T
        for i in reversed(range(T)):
            delta = batch["rewards"][i] + gamma * next_value * batch["masks"][i] - rollout_values[i]
            next_advantage = delta + gamma * lam * next_advantage * batch["masks"][i]
            advantages[i] = next_advantage
            next_value = rollout_values[i]
        advantages = tf.stack(advantages)
        returnn = rollout_values + advantages
        log_prob = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"], logits=logits)
        log_all = tf.nn.log_softmax(logits, axis=-1)
        entropy = tf.reduce_mean(-tf.reduce_sum(tf.exp(log_all) * log_all, axis=-1))
        policy_loss = -tf.reduce_mean(log_prob * advantages)
        value_loss = tf.reduce_mean(tf.square(values - returnn))
        return policy_loss - 0.01 * entropy + 0.5 * value_loss

    masks = np.ones((T, P))
    masks[1, 0] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(T, P, d)).astype(fx), "last_obs": rng.normal(size=(P, d)).astype(fx),
                      "actions": rng.integers(0, A, (T, P)), "rewards": rng.normal(size=(T, P)).astype(fx),
                      "masks": masks.astype(fx)},
            "variables": body.trainable_variables + actor.trainable_variables + critic.trainable_variables}
