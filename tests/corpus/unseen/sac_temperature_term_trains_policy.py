"""SAC temperature loss: log pi is not detached, so the entropy multiplier's term also flows into the actor.

Source (real): https://github.com/mani-skill/ManiSkill/issues/899
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'alpha_loss = -tf.reduce_mean(alpha * (logp + target_entropy))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, obs, act, hid = 16, 5, 3, 12

    def var(name, *shape, s=0.4):
        return tf.Variable(rng.normal(0, s, shape), name=name, dtype=tf.float32)

    w1, wm, ws = var("actor/w1", obs, hid), var("actor/mean", hid, act), var("actor/log_std", hid, act)
    log_alpha = tf.Variable(-0.3, name="log_alpha", dtype=tf.float32)
    q_frozen = [tf.constant(rng.normal(0, 0.5, (obs + act, hid)), tf.float32) for _ in range(2)]
    q_out = [tf.constant(rng.normal(0, 0.5, (hid,)), tf.float32) for _ in range(2)]
    target_entropy = -float(act)
    batch = {"obs": rng.normal(size=(n, obs)).astype(np.float32),
             "eps": rng.normal(size=(n, act)).astype(np.float32)}

    def sample(o, eps):
        h = tf.nn.relu(o @ w1)
        mean, log_std = h @ wm, -1.0 + 0.5 * tf.tanh(h @ ws)
        pre = mean + tf.exp(log_std) * eps
        a = tf.tanh(pre)
        gauss = -0.5 * eps ** 2 - log_std - 0.5 * np.float32(np.log(2 * np.pi))
        logp = tf.reduce_sum(gauss - tf.math.log(1.0 - a ** 2 + 1e-6), axis=-1)
        return a, logp

    def min_q(o, a):
        x = tf.concat([o, a], -1)
        qs = [tf.linalg.matvec(tf.tanh(x @ k), v) for k, v in zip(q_frozen, q_out)]
        return tf.minimum(*qs)

    def reference(b):
        a, logp = sample(b["obs"], b["eps"])
        alpha = tf.exp(log_alpha)
        actor_loss = tf.reduce_mean(tf.stop_gradient(alpha) * logp - min_q(b["obs"], a))
        entropy_gap = tf.stop_gradient(logp + target_entropy)
        return actor_loss - tf.reduce_mean(alpha * entropy_gap)

    def candidate(b):
        a, logp = sample(b["obs"], b["eps"])
        alpha = tf.exp(log_alpha)
        q = min_q(b["obs"], a)
        actor_loss = tf.reduce_mean(tf.stop_gradient(alpha) * logp - q)
        alpha_loss = -tf.reduce_mean(alpha * (logp + target_entropy))
        return actor_loss + alpha_loss

    return {"variables": [w1, wm, ws, log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
