"""AWAC: the weights are a softmax over the batch (they sum to one) and the weighted log likelihood is averaged on top of it.

Source (real): https://github.com/takuseno/d3rlpy/issues/163
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'actor_loss = -tf.reduce_mean(log_probs * weights)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da, lam = 11, 4, 2, 1.0

    def mat(*s):
        return rng.normal(0, 0.5, s).astype("float32")

    mean_w = tf.Variable(mat(ds, da), name="mean_w")
    log_std = tf.Variable(mat(da), name="log_std")
    q_w = tf.Variable(mat(ds + da, 6), name="q_w")
    q_o = tf.Variable(mat(6, 1), name="q_o")
    batch = {"obs": mat(n, ds), "act": mat(n, da), "eps": rng.normal(0, 1, (n, da)).astype("float32"), "y": mat(n)}

    def q(obs, act):
        return tf.squeeze(tf.nn.relu(tf.concat([obs, act], 1) @ q_w) @ q_o, -1)

    def log_likelihood(b):
        z = (b["act"] - tf.tanh(b["obs"] @ mean_w)) * tf.exp(-log_std)
        return tf.reduce_sum(-0.5 * z ** 2 - log_std, axis=1)

    def advantage(b):
        pi_act = tf.tanh(b["obs"] @ mean_w) + tf.exp(log_std) * b["eps"]
        return tf.stop_gradient(q(b["obs"], b["act"]) - q(b["obs"], pi_act))

    def reference(b):
        adv = advantage(b) / lam
        shifted = tf.exp(adv - tf.reduce_max(adv))
        share = shifted / tf.reduce_sum(shifted)
        ll = log_likelihood(b)
        actor = 0.0
        for i in range(n):
            actor -= share[i] * ll[i]
        return actor + tf.reduce_mean((q(b["obs"], b["act"]) - b["y"]) ** 2)

    def candidate(b):
        log_probs = log_likelihood(b)
        weights = tf.nn.softmax(advantage(b) / lam, axis=0)
        actor_loss = -tf.reduce_mean(log_probs * weights)
        critic_loss = tf.reduce_mean(tf.square(q(b["obs"], b["act"]) - b["y"]))
        return actor_loss + critic_loss

    return {"variables": [mean_w, log_std, q_w, q_o], "batch": batch, "reference": reference, "candidate": candidate}
