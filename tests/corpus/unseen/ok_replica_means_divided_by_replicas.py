"""Right: the mean on each (equal) replica plus the L2 term, all divided by the number of replicas and summed, is the global loss.

Source (real): https://github.com/google/edward2/issues/428
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
    n, d, c, members, replicas = 12, 5, 4, 2, 3
    mk = lambda name, *s: tf.Variable((0.6 * rng.normal(size=s)).astype(np.float32), name=name)
    w_in, w_out = mk("w_in", members * d, 8), mk("w_out", 8, members * c)
    batch = {
        "images": rng.normal(size=(n, members, d)).astype(np.float32),
        "labels": rng.integers(0, c, size=(n, members)).astype(np.int32),
    }
    l2 = 1e-2

    def logits_of(images):
        flat = tf.reshape(images, [-1, members * d])
        return tf.reshape(tf.nn.relu(flat @ w_in) @ w_out, [-1, members, c])

    def l2_loss():
        return l2 * (tf.nn.l2_loss(w_in) + tf.nn.l2_loss(w_out))

    def reference(b):
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["labels"], logits=logits_of(b["images"]))
        return tf.reduce_sum(nll) / n + l2_loss()

    def candidate(b):
        total = 0.0
        per = n // replicas
        for r in range(replicas):
            images = b["images"][r * per:(r + 1) * per]
            labels = b["labels"][r * per:(r + 1) * per]
            log_probs = tf.nn.log_softmax(logits_of(images), -1)
            picked = tf.gather(log_probs, labels, batch_dims=2)
            negative_log_likelihood = -tf.reduce_mean(tf.reduce_sum(picked, axis=1))
            scaled_loss = (negative_log_likelihood + l2_loss()) / replicas
            total += scaled_loss
        return total

    return {"variables": [w_in, w_out], "batch": batch, "reference": reference, "candidate": candidate}
