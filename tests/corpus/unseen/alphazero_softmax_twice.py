"""AlphaZero policy loss: softmax_cross_entropy is fed the probabilities, softmax is applied twice.

Source (real): https://github.com/suragnair/alpha-zero-general/issues/45
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'loss_pi = tf.nn.softmax_cross_entropy_with_logits(labels=b["target_pi"], logits=prob)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, board, k = 10, 12, 7
    f = lambda *s: rng.normal(size=s).astype("float32")
    visits = rng.gamma(0.5, size=(n, k)) + 1e-3
    batch = {
        "board": rng.integers(-1, 2, (n, board)).astype("float32"),
        "target_pi": (visits / visits.sum(1, keepdims=True)).astype("float32"),
        "target_v": rng.choice([-1.0, 1.0], n).astype("float32"),
    }
    fc = tf.keras.layers.Dense(16, activation="relu", name="fc")
    pi_head = tf.keras.layers.Dense(k, name="pi")
    v_head = tf.keras.layers.Dense(1, activation="tanh", name="v")
    fc.build((None, board)), pi_head.build((None, 16)), v_head.build((None, 16))
    for l in (fc, pi_head, v_head):
        l.set_weights([0.4 * rng.normal(size=w.shape) for w in l.get_weights()])

    def net(x):
        h = fc(x)
        return pi_head(h), v_head(h)

    def value_loss(v, b):
        return tf.reduce_mean(tf.square(tf.reshape(v, [-1]) - b["target_v"]))

    def reference(b):
        n = len(b["board"])
        total = 0.0
        for i in range(n):
            pi, v = net(b["board"][i:i + 1])
            logp = pi[0] - tf.reduce_logsumexp(pi[0])
            total += -tf.reduce_sum(b["target_pi"][i] * logp) + (v[0, 0] - b["target_v"][i]) ** 2
        return total / n

    def candidate(b):
        pi, v = net(b["board"])
        prob = tf.nn.softmax(pi)
        loss_pi = tf.nn.softmax_cross_entropy_with_logits(labels=b["target_pi"], logits=prob)
        return tf.reduce_mean(loss_pi) + value_loss(v, b)

    variables = [w.value for l in (fc, pi_head, v_head) for w in l.trainable_variables]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
