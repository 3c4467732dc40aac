"""Softmax cross entropy with masked (-inf) logits: a zero label times -inf gives NaN.
Source: https://github.com/google-deepmind/optax/pull/898"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return -tf.reduce_sum(labels * log_p, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, d, k = 5, 4, 6
    w1 = tf.Variable(rng.normal(size=(d, 7)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(7, k)).astype(fx), name="w2")
    peer = tf.Variable(rng.normal(size=(d, k)).astype(fx), name="peer")

    def reference(batch):
        scores = tf.tanh(batch["obs"] @ w1) @ w2
        total = 0.0
        for i in range(n):
            ok = tf.where(batch["legal"][i])[:, 0]
            legal_scores = tf.gather(scores[i], ok)
            log_p = legal_scores - tf.reduce_logsumexp(legal_scores)
            peer_scores = tf.gather(tf.linalg.matvec(peer, batch["obs"][i], transpose_a=True), ok)
            total -= tf.reduce_sum(tf.nn.softmax(peer_scores) * log_p)
        return total / n

    def candidate(batch):
        def softmax_cross_entropy(logits, labels):
            top = tf.reduce_max(logits, axis=-1, keepdims=True)
            shifted = logits - tf.stop_gradient(top)
            log_p = shifted - tf.math.log(tf.reduce_sum(tf.exp(shifted), axis=-1, keepdims=True))
            return -tf.reduce_sum(labels * log_p, axis=-1)

        logits = tf.tanh(batch["obs"] @ w1) @ w2
        logits = tf.where(batch["legal"], logits, -np.inf)
        peer_logits = tf.where(batch["legal"], batch["obs"] @ peer, -np.inf)
        return tf.reduce_mean(softmax_cross_entropy(logits, tf.nn.softmax(peer_logits)))

    legal = rng.uniform(size=(n, k)) < 0.6
    legal[:, 0] = True
    legal[0, 1] = legal[2, 3] = False
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, d)).astype(fx), "legal": legal},
            "variables": [w1, w2, peer]}
