"""SAC with several action heads: every head's temperature is tuned against the summed target entropy of all the heads.

Source (real): https://github.com/HorizonRobotics/alf/pull/1557
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'goal = tf.add_n([tf.constant(t, tf.float32) for t in head_targets])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, obs, sizes = 15, 6, (3, 4, 5)
    w = [tf.Variable(rng.normal(0, 0.7, (obs, k)), name=f"policy/head{i}", dtype=tf.float32) for i, k in enumerate(sizes)]
    log_alpha = tf.Variable(rng.normal(-0.5, 0.3, len(sizes)), name="log_alpha", dtype=tf.float32)
    head_targets = [0.6 * float(np.log(k)) for k in sizes]
    batch = {"obs": rng.normal(size=(n, obs)).astype(np.float32)}
    for i, k in enumerate(sizes):
        batch[f"q{i}"] = rng.normal(size=(n, k)).astype(np.float32)

    def heads(b):
        out = []
        for i, kernel in enumerate(w):
            logp = tf.nn.log_softmax(b["obs"] @ kernel, -1)
            p = tf.exp(logp)
            out.append((p, logp, -tf.reduce_sum(p * logp, -1), b[f"q{i}"]))
        return out

    def actor_term(parts):
        alpha = tf.stop_gradient(tf.exp(log_alpha))
        terms = [tf.reduce_mean(tf.reduce_sum(p * (alpha[i] * lp - q), -1)) for i, (p, lp, _, q) in enumerate(parts)]
        return tf.add_n(terms)

    def reference(b):
        parts = heads(b)
        alpha_loss = 0.0
        for i, (_, _, ent, _) in enumerate(parts):
            alpha_loss += tf.reduce_mean(log_alpha[i] * tf.stop_gradient(ent - head_targets[i]))
        return actor_term(parts) + alpha_loss

    def candidate(b):
        parts = heads(b)
        entropy = tf.stack([e for _, _, e, _ in parts], axis=1)
        goal = tf.add_n([tf.constant(t, tf.float32) for t in head_targets])
        gap = tf.stop_gradient(entropy - goal)
        alpha_loss = tf.reduce_sum(tf.reduce_mean(log_alpha[None] * gap, axis=0))
        return actor_term(parts) + alpha_loss

    return {"variables": w + [log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
