"""Right: the target entropy is multiplied by the action probabilities and summed; sum_a p(a) * const = const.

Source (real): https://github.com/toshikwa/sac-discrete.pytorch/issues/29
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 12, 5, 4
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"states": f(n, d), "weights": rng.uniform(0.2, 1.0, (n, 1)).astype("float32")}
    P1 = tf.Variable(0.6 * f(d, 8), name="policy1")
    P2 = tf.Variable(0.8 * f(8, k), name="policy2")
    log_alpha = tf.Variable(np.float32(-0.5 + 0.1 * rng.normal()), name="log_alpha")
    Q1, Q2 = tf.constant(f(d, k)), tf.constant(f(d, k))
    target_entropy = float(-np.log(1.0 / k) * 0.98)

    def policy(x):
        return tf.matmul(tf.nn.relu(tf.matmul(x, P1)), P2)

    def policy_loss(b, p, logp):
        q = tf.minimum(tf.matmul(b["states"], Q1), tf.matmul(b["states"], Q2))
        alpha = tf.stop_gradient(tf.exp(log_alpha))
        entropies = -tf.reduce_sum(p * logp, axis=1, keepdims=True)
        return tf.reduce_mean(b["weights"] * (-tf.reduce_sum(q * p, axis=1, keepdims=True) - alpha * entropies)), entropies

    def reference(b):
        logp = tf.nn.log_softmax(policy(b["states"]))
        loss, entropies = policy_loss(b, tf.exp(logp), logp)
        gap = tf.stop_gradient(target_entropy - entropies)
        return loss - tf.reduce_mean(log_alpha * gap * b["weights"])

    def candidate(b):
        action_probs = tf.nn.softmax(policy(b["states"]))
        log_action_probs = tf.math.log(action_probs)
        loss, entropies = policy_loss(b, action_probs, log_action_probs)
        expected_target = tf.reduce_sum(action_probs * target_entropy, axis=1, keepdims=True)
        entropy_loss = -tf.reduce_mean(log_alpha * (expected_target - tf.stop_gradient(entropies)) * b["weights"])
        return loss + entropy_loss

    return {"variables": [P1, P2, log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
