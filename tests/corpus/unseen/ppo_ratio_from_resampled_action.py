"""PPO: the ratio uses the log-probability of an action freshly sampled from the policy instead of the action that was taken.

Source (real): https://github.com/openai/spinningup/issues/181
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "nondeterministic",
    "line_marker": 'pi = tf.random.categorical(logits, 1, dtype=tf.int32)[:, 0]',
    "same_forward_value": False,
}

CLIP, ENT = 0.2, 0.01


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 20, 5, 4
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"obs": f(n, d), "act": rng.integers(0, k, n).astype("int32"), "adv": f(n)}
    W1 = tf.Variable(0.6 * f(d, 8), name="W1")
    W2 = tf.Variable(0.8 * f(8, k), name="W2")

    def mlp(x):
        return tf.matmul(tf.tanh(tf.matmul(x, W1)), W2)

    noisy = tf.nn.log_softmax(mlp(batch["obs"]) + 0.1 * f(n, k))
    batch["logp_old"] = tf.gather(noisy, batch["act"], batch_dims=1).numpy()

    def surrogate(ratio, adv):
        return tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP) * adv)

    def reference(b):
        logits = mlp(b["obs"])
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["act"], logits=logits)
        p = tf.nn.softmax(logits)
        entropy = -tf.reduce_sum(p * tf.math.log(p), axis=1)
        return -tf.reduce_mean(surrogate(tf.exp(logp - b["logp_old"]), b["adv"]) + ENT * entropy)

    def candidate(b):
        logits = mlp(b["obs"])
        logp_all = tf.nn.log_softmax(logits)
        pi = tf.random.categorical(logits, 1, dtype=tf.int32)[:, 0]
        logp_pi = tf.reduce_sum(tf.one_hot(pi, k) * logp_all, axis=1)
        ratio = tf.exp(logp_pi - b["logp_old"])
        entropy = -tf.reduce_sum(tf.exp(logp_all) * logp_all, axis=1)
        return -tf.reduce_mean(surrogate(ratio, b["adv"]) + ENT * entropy)

    return {"variables": [W1, W2], "batch": batch, "reference": reference, "candidate": candidate}
