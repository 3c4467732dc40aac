"""Thread: to silence an in-place error, somebody detaches the Q values in SAC's actor loss; another user then notes that the actor gets no
gradient from the critic any more. Source: https://github.com/TianhongDai/reinforcement-learning-algorithms/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "actor_loss = tf.reduce_mean(alpha * log_prob - tf.stop_gradient(q_actions_))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, a, alpha = 6, 4, 2, 0.2
    wm = tf.Variable(rng.normal(size=(s, a)).astype(fx) * 0.4, name="mean_w")
    ws = tf.Variable(rng.normal(size=(s, a)).astype(fx) * 0.3, name="logstd_w")
    c1 = [rng.normal(size=(s + a, 8)).astype(fx), rng.normal(size=(8, 1)).astype(fx)]
    c2 = [rng.normal(size=(s + a, 8)).astype(fx), rng.normal(size=(8, 1)).astype(fx)]

    def critic(p, obs, act):
        return tf.tanh(tf.concat([obs, act], axis=1) @ p[0]) @ p[1]

    def reference(batch):
        mu = batch["obs"] @ wm
        log_std = tf.clip_by_value(batch["obs"] @ ws, -5.0, 2.0)
        pre = mu + tf.exp(log_std) * batch["eps"]
        logp = -0.5 * batch["eps"] ** 2 - log_std - 0.5 * np.log(2 * np.pi)
        logp -= 2.0 * (np.log(2.0) - pre - tf.nn.softplus(-2.0 * pre))
        act = tf.tanh(pre)
        q = tf.minimum(critic(c1, batch["obs"], act), critic(c2, batch["obs"], act))[:, 0]
        return tf.reduce_mean(alpha * tf.reduce_sum(logp, axis=1) - q)

    def candidate(batch):
        obs = batch["obs"]
        mean = tf.matmul(obs, wm)
        log_std = tf.clip_by_value(tf.matmul(obs, ws), -5.0, 2.0)
        std = tf.exp(log_std)
        pretanh = mean + std * batch["eps"]
        actions_ = tf.tanh(pretanh)

        normal_log_prob = -tf.square((pretanh - mean) / std) / 2 - log_std - 0.5 * np.log(2 * np.pi)
        correction = 2.0 * (np.log(2.0) - pretanh - tf.nn.softplus(-2.0 * pretanh))
        log_prob = tf.reduce_sum(normal_log_prob - correction, axis=1, keepdims=True)

        q1 = critic(c1, obs, actions_)
        q2 = critic(c2, obs, actions_)
        q_actions_ = tf.minimum(q1, q2)
        actor_loss = tf.reduce_mean(alpha * log_prob - tf.stop_gradient(q_actions_))
        return actor_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "eps": rng.normal(size=(n, a)).astype(fx)},
            "variables": [wm, ws]}
