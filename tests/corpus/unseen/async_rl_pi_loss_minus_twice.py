"""A3C: both terms of pi_loss are subtracted in the loop over the steps, the entropy too; the signs were questioned.

Source (real): https://github.com/muupan/async-rl/issues/22 (a3c.py, Chainer, ported; the author explains that both have to be maximized).
Right answer: EQUIVALENT to minimizing -A log pi - beta * H with the critic at half weight.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, actions = 19, 4, 5
    gamma, beta, pi_coef, v_coef = 0.9, 0.05, 1.0, 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_pi = tf.Variable(0.6 * arr(d, actions), name="pi_w")
    w_v = tf.Variable(0.5 * arr(d), name="v_w")
    b_v = tf.Variable(np.asarray(0.1, f), name="v_b")
    batch = {"state": arr(n, d), "action": rng.integers(0, actions, n), "reward": arr(n)}

    def reference(b):
        m = b["reward"].shape[0]
        weights = np.triu(gamma ** (np.arange(m)[None] - np.arange(m)[:, None]).clip(0))
        returns = tf.linalg.matvec(tf.constant(weights.astype(f)), b["reward"])
        value = tf.linalg.matvec(b["state"], w_v) + b_v
        log_pi = tf.nn.log_softmax(b["state"] @ w_pi)
        own = tf.gather(log_pi, b["action"], batch_dims=1)
        objective = tf.stop_gradient(returns - value) * own
        negentropy = tf.reduce_sum(tf.exp(log_pi) * log_pi, axis=-1)
        return tf.reduce_sum(-objective + beta * negentropy + 0.25 * (value - returns) ** 2)

    def candidate(b):
        pi_loss, v_loss = 0.0, 0.0
        R = 0.0
        for i in reversed(range(b["reward"].shape[0])):
            R *= gamma
            R += b["reward"][i]
            v = tf.reduce_sum(b["state"][i] * w_v) + b_v
            advantage = R - v
            logits = tf.linalg.matvec(w_pi, b["state"][i], transpose_a=True)
            probs, log_probs = tf.nn.softmax(logits), tf.nn.log_softmax(logits)
            log_prob = log_probs[b["action"][i]]
            entropy = -tf.reduce_sum(probs * log_probs)
            pi_loss -= log_prob * tf.stop_gradient(advantage)
            pi_loss -= beta * entropy
            v_loss += (v - R) ** 2 / 2
        return pi_coef * pi_loss + v_coef * v_loss

    return {"variables": [w_pi, w_v, b_v], "batch": batch, "reference": reference, "candidate": candidate}
