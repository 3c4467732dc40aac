"""The critic loss is the squared GAE advantage with gradients through the whole bootstrapped recursion.

Source (real): https://github.com/Farama-Foundation/Gymnasium/issues/1494
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "critic_loss = tf.reduce_mean(tf.square(advantages))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    t, d, k = 12, 4, 3
    actor = tf.Variable((0.5 * rng.normal(size=(d, k))).astype(np.float32), name="actor")
    critic = tf.Variable((0.8 * rng.normal(size=(d, 1))).astype(np.float32), name="critic")
    batch = {"obs": rng.normal(size=(t, d)).astype(np.float32), "act": rng.integers(0, k, t).astype(np.int32),
             "rew": rng.normal(0.5, 1.0, t).astype(np.float32), "mask": (rng.random(t) > 0.15).astype(np.float32)}
    gamma, lam, ent_coef = 0.99, 0.95, 0.01

    def policy(b):
        logp = tf.nn.log_softmax(tf.matmul(b["obs"], actor))
        ent = -tf.reduce_sum(tf.exp(logp) * logp, axis=1)
        return tf.gather(logp, b["act"], batch_dims=1), ent

    def gae_loop(rew, mask, v):
        out, gae = [], 0.0
        for i in reversed(range(t - 1)):
            td_error = rew[i] + gamma * mask[i] * v[i + 1] - v[i]
            gae = td_error + gamma * lam * mask[i] * gae
            out.append(gae)
        return tf.stack(out[::-1])

    def reference(b):
        logp, entropy = policy(b)
        v = tf.squeeze(tf.matmul(b["obs"], critic), 1)
        adv = gae_loop(b["rew"], b["mask"], tf.stop_gradient(v))
        returns = adv + tf.stop_gradient(v[:-1])
        critic_loss = tf.reduce_mean(tf.square(returns - v[:-1]))
        actor_loss = -tf.reduce_mean(adv * logp[:-1]) - ent_coef * tf.reduce_mean(entropy)
        return actor_loss + critic_loss

    def candidate(b):
        logp, entropy = policy(b)
        value_preds = tf.squeeze(tf.matmul(b["obs"], critic), 1)
        advantages = gae_loop(b["rew"], b["mask"], value_preds)
        critic_loss = tf.reduce_mean(tf.square(advantages))
        actor_term = tf.reduce_mean(tf.stop_gradient(advantages) * logp[:-1])
        actor_loss = -actor_term - ent_coef * tf.reduce_mean(entropy)
        return critic_loss + actor_loss

    return {"variables": [actor, critic], "batch": batch, "reference": reference, "candidate": candidate}
