"""Sinkhorn targets: the head of shape (d, K) is normalised along K, so the prototypes themselves are not of unit length.
Source: https://github.com/LuigiRiz/NOPS/issues/5"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'head = tf.math.l2_normalize(head, axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    b, d_in, d, k = 12, 7, 6, 4
    points_a = rng.normal(size=(b, d_in)).astype("float32")
    points_b = (points_a + 0.3 * rng.normal(size=(b, d_in))).astype("float32")
    encoder = tf.Variable(rng.normal(size=(d_in, d)).astype("float32") * 0.5)
    classifier = tf.Variable((rng.normal(size=(d, k)) * np.array([0.3, 1.0, 2.5, 0.7])).astype("float32"))
    epsilon, temperature, num_iters = 0.05, 0.1, 3

    def swapped_loss(logits, targets):
        return -tf.reduce_mean(tf.reduce_sum(targets * tf.nn.log_softmax(logits / temperature), axis=-1))

    def reference(batch):
        za, zb = tf.tanh(batch["a"] @ encoder), tf.tanh(batch["b"] @ encoder)
        lengths = tf.sqrt(tf.reduce_sum(classifier ** 2, axis=0))
        feature_lengths = tf.sqrt(tf.reduce_sum(za ** 2, axis=1, keepdims=True))
        log_q = (za @ classifier) / lengths[None] / feature_lengths / epsilon
        for _ in range(num_iters):
            log_q -= tf.reduce_logsumexp(log_q, axis=0, keepdims=True) + tf.math.log(float(k))
            log_q -= tf.reduce_logsumexp(log_q, axis=1, keepdims=True) + tf.math.log(float(b))
        assignment = tf.stop_gradient(tf.exp(log_q) * b)
        return swapped_loss(zb @ classifier, assignment)

    class SinkhornKnopp:
        def __call__(self, features, head):
            features = tf.math.l2_normalize(features, axis=1)
            head = tf.math.l2_normalize(head, axis=1)
            logits = tf.cast(features @ head, tf.float64)
            Q = tf.transpose(tf.exp(logits / epsilon))
            B, K = Q.shape[1], Q.shape[0]
            Q /= tf.reduce_sum(Q)
            for _ in range(num_iters):
                Q /= tf.reduce_sum(Q, axis=1, keepdims=True)
                Q /= K
                Q /= tf.reduce_sum(Q, axis=0, keepdims=True)
                Q /= B
            Q *= B
            return tf.stop_gradient(tf.cast(tf.transpose(Q), tf.float32))

    sinkhorn = SinkhornKnopp()

    def candidate(batch):
        feats_a = tf.nn.tanh(tf.matmul(batch["a"], encoder))
        feats_b = tf.nn.tanh(tf.matmul(batch["b"], encoder))
        q = sinkhorn(feats_a, classifier)
        return swapped_loss(tf.matmul(feats_b, classifier), q)

    return {"reference": reference, "candidate": candidate, "batch": {"a": points_a, "b": points_b},
            "variables": [encoder, classifier]}
