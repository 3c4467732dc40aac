"""A3C: "the log probability has to be multiplied with a one-hot action, and no gradient may flow through v"; both hold already.

Source (real): https://github.com/muupan/async-rl/issues/12 (Chainer, a3c.py, ported: pi_loss -= log_prob * float(advantage.data)).
Right answer: EQUIVALENT: the stored log_prob is that of the chosen action, and float() takes the advantage out of the graph on purpose.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts, gamma, beta, v_coef = 15, 4, 6, 3, 0.9, 0.02, 2.0

    def var(name, *s):
        return tf.Variable((0.6 * rng.standard_normal(s)).astype(f), name=name)

    body, pi_w, v_w = var("body", d, hid), var("pi", hid, acts), var("v", hid)
    batch = {
        "states": rng.standard_normal((n, d)).astype(f),
        "actions": rng.integers(0, acts, n),
        "rewards": rng.standard_normal(n).astype(f),
    }

    def forward(s):
        h = tf.nn.elu(s @ body)
        return h @ pi_w, tf.linalg.matvec(h, v_w)

    def reference(b):
        logits, v = forward(b["states"])
        weights = np.triu(gamma ** np.maximum(np.arange(n)[None] - np.arange(n)[:, None], 0)).astype(f)
        returns = tf.linalg.matvec(weights, b["rewards"])
        one_hot = tf.one_hot(b["actions"], acts, dtype=logits.dtype)
        chosen = tf.reduce_sum(tf.nn.log_softmax(logits) * one_hot, 1)
        p = tf.nn.softmax(logits)
        entropy = -tf.reduce_sum(p * tf.math.log(p), 1)
        actor = -tf.reduce_sum(chosen * tf.stop_gradient(returns - v) + beta * entropy)
        return actor + v_coef * 0.5 * tf.reduce_sum(tf.square(returns - v))

    def candidate(b):
        past_log_prob, past_entropy, past_values = {}, {}, {}
        for t in range(len(b["states"])):
            logits, value = forward(b["states"][t : t + 1])
            log_probs = tf.nn.log_softmax(logits)[0]
            past_log_prob[t] = log_probs[b["actions"][t]]
            past_entropy[t] = -tf.reduce_sum(tf.exp(log_probs) * log_probs)
            past_values[t] = value[0]
        pi_loss, v_loss, R = 0.0, 0.0, 0.0
        for i in reversed(range(len(b["states"]))):
            R *= gamma
            R += float(b["rewards"][i])
            v = past_values[i]
            advantage = R - v
            log_prob = past_log_prob[i]
            pi_loss -= log_prob * float(advantage)
            pi_loss -= beta * past_entropy[i]
            v_loss += (v - R) ** 2 / 2
        v_loss *= v_coef
        return pi_loss + v_loss

    return {"variables": [body, pi_w, v_w], "batch": batch, "reference": reference, "candidate": candidate}
