"""PPO entropy bonus from the probability of the taken action alone, summed over the batch, instead of over the distribution.

Source (real): https://github.com/noahfarr/rlx/pull/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'entropy = -tf.reduce_mean(prob * logp)',
    "same_forward_value": False,
}

CLIP, ENT = 0.2, 0.3


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 18, 5, 4
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, d), "action": rng.integers(0, k, n).astype("int32"),
        "adv": f(n), "old_logp": np.log(rng.uniform(0.15, 0.5, n)).astype("float32"),
    }
    W1 = tf.Variable(0.6 * f(d, 8), name="W1")
    W2 = tf.Variable(0.6 * f(8, k), name="W2")

    def actor(obs):
        return tf.matmul(tf.tanh(tf.matmul(obs, W1)), W2)

    def clipped(ratio, adv):
        return tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP) * adv)

    def reference(b):
        n = len(b["obs"])
        loss = 0.0
        for i in range(n):
            lp = tf.nn.log_softmax(actor(b["obs"][i:i + 1])[0])
            ratio = tf.exp(lp[b["action"][i]] - b["old_logp"][i])
            h = -tf.reduce_sum(tf.exp(lp) * lp)
            loss += -clipped(ratio, b["adv"][i]) - ENT * h
        return loss / n

    def candidate(b):
        probs = tf.nn.softmax(actor(b["obs"]))
        prob = tf.gather(probs, b["action"], batch_dims=1)
        logp = tf.math.log(prob)
        ratio = tf.exp(logp - b["old_logp"])
        actor_loss = -tf.reduce_mean(clipped(ratio, b["adv"]))
        entropy = -tf.reduce_mean(prob * logp)
        return actor_loss - ENT * entropy

    return {"variables": [W1, W2], "batch": batch, "reference": reference, "candidate": candidate}
