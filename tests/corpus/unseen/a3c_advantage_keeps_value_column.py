"""The advantage is formed from value (n,1) and returns (n,), so every return meets every value: an (n,n) advantage.

Source (real): https://github.com/PacktPublishing/Deep-Reinforcement-Learning-Hands-On/issues/33
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'adv = b["vals_ref"] - tf.stop_gradient(value)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, k = 16, 5, 8, 4
    f = lambda *s: (0.6 * rng.normal(size=s)).astype(np.float32)
    w1 = tf.Variable(f(d, h), name="body")
    wp = tf.Variable(f(h, k), name="policy_head")
    wv = tf.Variable(f(h, 1), name="value_head")
    batch = {"states": rng.normal(size=(n, d)).astype(np.float32),
             "actions": rng.integers(0, k, n).astype(np.int32),
             "vals_ref": rng.normal(1.0, 1.5, n).astype(np.float32)}
    beta = 0.01

    def net(s):
        hid = tf.nn.relu(tf.matmul(s, w1))
        return tf.matmul(hid, wp), tf.matmul(hid, wv)

    def reference(b):
        logits, value = net(b["states"])
        flat_value = tf.squeeze(value, -1)
        loss_value = tf.reduce_mean(tf.square(flat_value - b["vals_ref"]))
        log_prob = tf.nn.log_softmax(logits)
        adv = b["vals_ref"] - tf.stop_gradient(flat_value)
        chosen = tf.gather(log_prob, b["actions"], batch_dims=1)
        loss_policy = -tf.reduce_mean(adv * chosen)
        prob = tf.nn.softmax(logits)
        loss_entropy = beta * tf.reduce_mean(tf.reduce_sum(prob * log_prob, axis=1))
        return loss_entropy + loss_value + loss_policy

    def candidate(b):
        logits, value = net(b["states"])
        loss_value = tf.reduce_mean(tf.square(tf.squeeze(value, -1) - b["vals_ref"]))
        log_prob = tf.nn.log_softmax(logits)
        adv = b["vals_ref"] - tf.stop_gradient(value)
        chosen = tf.gather(log_prob, b["actions"], batch_dims=1)
        loss_policy = -tf.reduce_mean(adv * chosen)
        prob = tf.nn.softmax(logits)
        loss_entropy = beta * tf.reduce_mean(tf.reduce_sum(prob * log_prob, axis=1))
        return loss_entropy + loss_value + loss_policy

    return {"variables": [w1, wp, wv], "batch": batch, "reference": reference, "candidate": candidate}
