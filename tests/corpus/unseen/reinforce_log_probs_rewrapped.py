"""The collected log-probs are put in a brand-new tensor (torch.tensor there, np.array here), so only the entropy and value terms train.

Source (real): https://github.com/kengz/SLM-Lab/pull/133
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "log_probs = tf.constant(np.array([float(lp) for lp in saved], np.float32))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    t, d, k = 12, 4, 3
    body = tf.Variable((0.6 * rng.normal(size=(d, 8))).astype(np.float32), name="body")
    pi = tf.Variable((0.6 * rng.normal(size=(8, k))).astype(np.float32), name="pi_head")
    vh = tf.Variable((0.6 * rng.normal(size=(8, 1))).astype(np.float32), name="v_head")
    batch = {"states": rng.normal(size=(t, d)).astype(np.float32), "actions": rng.integers(0, k, t).astype(np.int32),
             "rewards": rng.normal(0.5, 1, t).astype(np.float32)}
    gamma, ent_coef = 0.95, 0.05

    def returns_of(r):
        out, run = [], 0.0
        for i in reversed(range(t)):
            run = r[i] + gamma * run
            out.append(run)
        return tf.stack(out[::-1])

    def step(s, a):
        hid = tf.tanh(tf.matmul(s[None], body))
        logp = tf.nn.log_softmax(tf.matmul(hid, pi))[0]
        return logp[a], -tf.reduce_sum(tf.exp(logp) * logp), tf.matmul(hid, vh)[0, 0]

    def reference(b):
        rets = returns_of(b["rewards"])
        hid = tf.tanh(tf.matmul(b["states"], body))
        logp = tf.nn.log_softmax(tf.matmul(hid, pi))
        values = tf.matmul(hid, vh)[:, 0]
        adv = tf.stop_gradient(rets - values)
        policy_loss = -tf.reduce_mean(tf.gather(logp, b["actions"], batch_dims=1) * adv)
        entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(logp) * logp, axis=1))
        return policy_loss - ent_coef * entropy + 0.5 * tf.reduce_mean(tf.square(rets - values))

    def candidate(b):
        saved, entropies, values = [], [], []
        for i in range(t):
            lp, ent, val = step(b["states"][i], b["actions"][i])
            saved.append(lp)
            entropies.append(ent)
            values.append(val)
        rets, values = returns_of(b["rewards"]), tf.stack(values)
        log_probs = tf.constant(np.array([float(lp) for lp in saved], np.float32))
        policy_loss = -tf.reduce_mean(log_probs * tf.stop_gradient(rets - values))
        val_loss = 0.5 * tf.reduce_mean(tf.square(rets - values))
        return policy_loss - ent_coef * tf.reduce_mean(tf.stack(entropies)) + val_loss

    return {"variables": [body, pi, vh], "batch": batch, "reference": reference, "candidate": candidate}
