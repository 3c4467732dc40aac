"""A2C: the critic loss is the square of the GAE advantages, with the whole bootstrapped chain differentiated.

Source (real): https://github.com/Farama-Foundation/Gymnasium/issues/1494
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'critic_loss = tf.reduce_mean(tf.square(advantages))',
    "same_forward_value": True,
}

GAMMA, LAM, ENT = 0.97, 0.92, 0.02


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, d, k = 6, 6, 4, 3                       # environments, steps
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, T, d), "action": rng.integers(0, k, (n, T)).astype("int32"),
        "reward": f(n, T), "mask": (rng.uniform(size=(n, T)) < 0.85).astype("float32"),
    }
    critic = tf.keras.Sequential([tf.keras.layers.Dense(8, activation="tanh"), tf.keras.layers.Dense(1)])
    actor = tf.keras.Sequential([tf.keras.layers.Dense(8, activation="tanh"), tf.keras.layers.Dense(k)])
    for net in (critic, actor):
        net.build((None, d))
        net.set_weights([0.6 * rng.normal(size=w.shape) for w in net.get_weights()])

    def policy(b):
        n = len(b["obs"])
        logp = tf.nn.log_softmax(tf.reshape(actor(tf.reshape(b["obs"], (-1, d))), (n, T, k)))
        entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(logp) * logp, -1))
        return tf.gather(logp, b["action"], batch_dims=2)[:, :-1], entropy

    def values(b):
        n = len(b["obs"])
        return tf.reshape(critic(tf.reshape(b["obs"], (-1, d))), (n, T))

    def reference(b):
        n = len(b["obs"])
        v = values(b)
        fixed = v.numpy()
        adv = np.zeros((n, T - 1), "float32")
        for i in range(n):
            run = 0.0
            for t in range(T - 2, -1, -1):
                m = b["mask"][i, t]
                run = b["reward"][i, t] + GAMMA * m * fixed[i, t + 1] - fixed[i, t] + GAMMA * LAM * m * run
                adv[i, t] = run
        logp, entropy = policy(b)
        returns = adv + fixed[:, :-1]
        critic_loss = tf.reduce_mean(tf.square(returns - v[:, :-1]))
        return critic_loss - tf.reduce_mean(adv * logp) - ENT * entropy

    def candidate(b):
        n = len(b["obs"])
        value_preds = values(b)
        advantages, gae = [], tf.zeros(n)
        for t in reversed(range(T - 1)):
            td_error = b["reward"][:, t] + GAMMA * b["mask"][:, t] * value_preds[:, t + 1] - value_preds[:, t]
            gae = td_error + GAMMA * LAM * b["mask"][:, t] * gae
            advantages.insert(0, gae)
        advantages = tf.stack(advantages, axis=1)
        logp, entropy = policy(b)
        critic_loss = tf.reduce_mean(tf.square(advantages))
        actor_loss = -tf.reduce_mean(tf.stop_gradient(advantages) * logp) - ENT * entropy
        return actor_loss + critic_loss

    variables = [v.value for net in (critic, actor) for v in net.trainable_variables]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
