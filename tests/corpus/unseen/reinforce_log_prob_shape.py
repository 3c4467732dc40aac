"""REINFORCE with a TanhNormal actor: the shape of the log probability against that of the other keys, such as the advantage.
Source: https://github.com/pytorch/rl/issues/1243"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'broadcast',
    "line_marker": 'loss_actor = -log_prob * advantage',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, s, a = 6, 3, 2
    mk = lambda k, sh: tf.Variable(rng.normal(0, 0.5, sh).astype(fx), name=k)
    actor, critic = mk("actor", (s, 2 * a)), mk("critic", (s, 1))
    half_log_2pi = 0.5 * np.log(2 * np.pi)

    def reference(batch):
        mean, log_std = tf.split(batch["obs"] @ actor, 2, axis=1)
        pre = tf.atanh(batch["action"])
        value = (batch["obs"] @ critic)[:, 0]
        returns = batch["ret"][:, 0]
        total = 0.0
        for i in range(n):
            u = (pre[i] - mean[i]) / tf.exp(log_std[i])
            lp = tf.reduce_sum(-0.5 * u**2 - log_std[i] - half_log_2pi - tf.math.log(1.0 - batch["action"][i] ** 2))
            total -= lp * tf.stop_gradient(returns[i] - value[i])
            total += 0.5 * (returns[i] - value[i]) ** 2
        return total / n

    def candidate(batch):
        def tanh_normal_log_prob(loc, log_scale, sample):
            x = tf.atanh(sample)
            normal = -0.5 * tf.square((x - loc) * tf.exp(-log_scale)) - log_scale - half_log_2pi
            return tf.reduce_sum(normal - tf.math.log(1.0 - tf.square(sample)), axis=-1)

        params = tf.matmul(batch["obs"], actor)
        log_prob = tanh_normal_log_prob(params[:, :a], params[:, a:], batch["action"])
        state_value = tf.matmul(batch["obs"], critic)
        advantage = tf.stop_gradient(batch["ret"] - state_value)
        loss_actor = -log_prob * advantage
        loss_value = 0.5 * tf.square(batch["ret"] - state_value)
        return tf.reduce_mean(loss_actor) + tf.reduce_mean(loss_value)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "action": rng.uniform(-0.8, 0.8, (n, a)).astype(fx),
                      "ret": rng.normal(size=(n, 1)).astype(fx)},
            "variables": [actor, critic]}
