"""SAC critic: the entropy bonus of the next state is also added to the target of terminal transitions, and is not discounted.

Source (real): https://github.com/DLR-RM/stable-baselines3/issues/76 (PyTorch, ported; the maintainer moved the entropy
term into target_q, before the multiplication with (1 - dones) * gamma).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "q_backup -= ent_coef * tf.reshape(next_log_prob, [-1, 1])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 22, 5, 2
    gamma, ent_coef = 0.9, 0.4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    qf1 = tf.Variable(0.5 * arr(d + acts, 1), name="qf1_w")
    qf2 = tf.Variable(0.5 * arr(d + acts, 1), name="qf2_w")
    target = [tf.constant(0.5 * arr(d + acts, 1)) for _ in range(2)]
    actor_mu, actor_std = tf.constant(0.5 * arr(d, acts)), tf.constant(0.2 * arr(d, acts))
    batch = {
        "obs": arr(n, d),
        "act": np.tanh(arr(n, acts)),
        "next_obs": arr(n, d),
        "noise": arr(n, acts),
        "rew": arr(n, 1),
        "done": (rng.random((n, 1)) < 0.4).astype(f),
    }

    def action_log_prob(obs, noise):
        log_std = tf.tanh(obs @ actor_std)
        pre = obs @ actor_mu + tf.exp(log_std) * noise
        act = tf.tanh(pre)
        logp = -0.5 * tf.square(noise) - log_std - 0.5 * np.log(2 * np.pi) - tf.math.log(1.0 - tf.square(act) + 1e-6)
        return act, tf.reduce_sum(logp, -1)

    def reference(b):
        losses = []
        for s, a, s2, e, r, end in zip(b["obs"], b["act"], b["next_obs"], b["noise"], b["rew"], b["done"]):
            a2, logp2 = action_log_prob(s2[None], e[None])
            joint = tf.concat([s2[None], a2], 1)
            soft_value = tf.minimum(joint @ target[0], joint @ target[1])[0, 0] - ent_coef * logp2[0]
            y = r[0] + gamma * (1.0 - end[0]) * soft_value
            sa = tf.concat([s, a], 0)
            for w in (qf1, qf2):
                losses.append(0.5 * tf.square(tf.tensordot(sa, w[:, 0], 1) - y))
        return 2.0 * tf.reduce_mean(tf.stack(losses))

    def candidate(b):
        next_action, next_log_prob = action_log_prob(b["next_obs"], b["noise"])
        nxt = tf.concat([b["next_obs"], next_action], axis=1)
        target_q1, target_q2 = nxt @ target[0], nxt @ target[1]
        target_q = tf.minimum(target_q1, target_q2)
        q_backup = b["rew"] + (1.0 - b["done"]) * gamma * target_q
        q_backup -= ent_coef * tf.reshape(next_log_prob, [-1, 1])
        q_backup = tf.stop_gradient(q_backup)
        cur = tf.concat([b["obs"], b["act"]], axis=1)
        qf1_loss = 0.5 * tf.reduce_mean(tf.square(cur @ qf1 - q_backup))
        qf2_loss = 0.5 * tf.reduce_mean(tf.square(cur @ qf2 - q_backup))
        return qf1_loss + qf2_loss

    return {"variables": [qf1, qf2], "batch": batch, "reference": reference, "candidate": candidate}
