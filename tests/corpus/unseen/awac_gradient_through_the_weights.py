"""AWAC actor loss: the exponentiated advantages are not detached, the critic is trained by the actor's loss.

Source (real): https://github.com/ccmoony/UCB-CS285/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'weights = tf.exp(advantage(b) / LAMBDA)',
    "same_forward_value": True,
}

LAMBDA, GAMMA = 1.0, 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 12, 4, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, d), "next_obs": f(n, d), "reward": f(n),
        "action": rng.integers(0, k, n).astype("int32"),
        "done": (rng.uniform(size=n) < 0.2).astype("float32"),
    }
    actor = tf.Variable(0.5 * f(d, k), name="actor")
    critic = tf.Variable(0.5 * f(d, k), name="critic")
    target_critic = tf.constant(critic.numpy() + 0.2 * f(d, k))

    def pi(obs):
        return tf.nn.log_softmax(tf.matmul(obs, actor))

    def advantage(b):
        q = tf.matmul(b["obs"], critic)
        v = tf.reduce_sum(tf.exp(pi(b["obs"])) * q, axis=1)
        return tf.gather(q, b["action"], batch_dims=1) - v

    def critic_loss(b):
        next_v = tf.reduce_sum(tf.exp(pi(b["next_obs"])) * tf.matmul(b["next_obs"], target_critic), axis=1)
        y = tf.stop_gradient(b["reward"] + GAMMA * (1.0 - b["done"]) * next_v)
        q = tf.gather(tf.matmul(b["obs"], critic), b["action"], batch_dims=1)
        return tf.reduce_mean(tf.square(q - y))

    def reference(b):
        n = len(b["obs"])
        w = np.exp(advantage(b).numpy() / LAMBDA)
        logp = pi(b["obs"])
        actor_loss = 0.0
        for i in range(n):
            actor_loss -= w[i] * logp[i, b["action"][i]]
        return critic_loss(b) + actor_loss / n

    def candidate(b):
        logp = tf.gather(pi(b["obs"]), b["action"], batch_dims=1)
        weights = tf.exp(advantage(b) / LAMBDA)
        actor_loss = -tf.reduce_mean(logp * weights)
        return critic_loss(b) + actor_loss

    return {"variables": [actor, critic], "batch": batch, "reference": reference, "candidate": candidate}
