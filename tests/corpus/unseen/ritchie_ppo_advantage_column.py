"""PPO: GAE returns advantages of shape (n, 1), the ratio is (n,), so both surrogates are (n, n) matrices.

Source (real): https://github.com/RITCHIEHuang/DeepRL_Algorithms/issues/13 (PyTorch; proposes advantages.reshape(-1)).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "surr1 = ratio * advantages",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts, gamma, tau, eps = 31, 4, 6, 3, 0.97, 0.9, 0.2

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    pi_in = tf.Variable(0.6 * arr(d, hid), name="policy_in")
    pi_out = tf.Variable(0.7 * arr(hid, acts), name="policy_out")
    v_net = tf.constant(0.5 * arr(d, 1))
    batch = {
        "states": arr(n, d), "actions": rng.integers(0, acts, n), "rewards": arr(n, 1),
        "masks": (rng.random((n, 1)) > 0.15).astype(f), "old_log_probs": (-np.log(acts) + 0.3 * arr(n)).astype(f),
    }

    def reference(b):
        v = (b["states"] @ v_net).numpy()[:, 0]
        r, keep = b["rewards"].numpy()[:, 0], b["masks"].numpy()[:, 0]
        adv = np.zeros(n, f)
        running = 0.0
        for k in range(n - 1, -1, -1):
            v_next = v[k + 1] if k + 1 < n else 0.0
            running = r[k] + gamma * v_next * keep[k] - v[k] + gamma * tau * keep[k] * running
            adv[k] = running
        adv = (adv - adv.mean()) / adv.std()
        loss = 0.0
        for k in range(n):
            logits = tf.nn.relu(b["states"][k : k + 1] @ pi_in) @ pi_out
            q = tf.exp(tf.nn.log_softmax(logits)[0, int(b["actions"][k])] - b["old_log_probs"][k])
            loss -= tf.minimum(q * adv[k], tf.clip_by_value(q, 1 - eps, 1 + eps) * adv[k])
        return loss / n

    def estimate_advantages(rewards, masks, values):
        deltas, advantages = [], []
        prev_value = tf.zeros_like(values[0])
        prev_advantage = tf.zeros_like(values[0])
        for i in reversed(range(rewards.shape[0])):
            deltas.append(rewards[i] + gamma * prev_value * masks[i] - values[i])
            prev_advantage = deltas[-1] + gamma * tau * prev_advantage * masks[i]
            prev_value = values[i]
            advantages.append(prev_advantage)
        advantages = tf.stack(advantages[::-1])
        return (advantages - tf.reduce_mean(advantages)) / tf.math.reduce_std(advantages)

    def candidate(b):
        advantages = estimate_advantages(b["rewards"], b["masks"], b["states"] @ v_net)
        logits = tf.nn.relu(b["states"] @ pi_in) @ pi_out
        log_probs = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["actions"], logits=logits)
        ratio = tf.exp(log_probs - b["old_log_probs"])
        surr1 = ratio * advantages
        surr2 = tf.clip_by_value(ratio, 1.0 - eps, 1.0 + eps) * advantages
        return -tf.reduce_mean(tf.minimum(surr1, surr2))

    return {"variables": [pi_in, pi_out], "batch": batch, "reference": reference, "candidate": candidate}
