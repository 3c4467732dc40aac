"""The SAC actor update is reported to use only the first critic instead of the smaller of both.
Source: https://github.com/BY571/Soft-Actor-Critic-and-Extensions/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'q_pi = critic_a(tf.concat([obs, act], axis=-1))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, m, h = 7, 4, 2, 6
    w_mu, w_std = var("w_mu", d, m), var("w_std", d, m, scale=0.3)
    a1, a2 = var("a1", d + m, h), var("a2", h, 1)
    b1, b2 = var("b1", d + m, h), var("b2", h, 1)

    def critic_a(x):
        return tf.nn.tanh(x @ a1) @ a2

    def critic_b(x):
        return tf.nn.tanh(x @ b1) @ b2

    def policy(obs, eps):
        mu, log_std = obs @ w_mu, tf.clip_by_value(obs @ w_std, -5.0, 2.0)
        pre = mu + tf.exp(log_std) * eps
        logp = tf.reduce_sum(-0.5 * eps ** 2 - log_std, axis=-1, keepdims=True)
        logp -= tf.reduce_sum(2.0 * (np.log(2.0) - pre - tf.nn.softplus(-2.0 * pre)), axis=-1, keepdims=True)
        return tf.tanh(pre), logp

    def reference(batch):
        actions, logp = policy(batch["obs"], batch["eps"])
        total = 0.0
        for i in range(n):
            sa = tf.concat([batch["obs"][i:i + 1], actions[i:i + 1]], axis=-1)
            worst = tf.minimum(critic_a(sa)[0, 0], critic_b(sa)[0, 0])
            total += batch["alpha"] * logp[i, 0] - worst
        return total / n

    def candidate(batch):
        obs = batch["obs"]
        act, log_pi = policy(obs, batch["eps"])
        q_pi = critic_a(tf.concat([obs, act], axis=-1))
        actor_loss = batch["alpha"] * log_pi - q_pi
        return tf.reduce_mean(actor_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "eps": arr(n, m), "alpha": np.asarray(0.2, f)},
            "variables": [w_mu, w_std]}
