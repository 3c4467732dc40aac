"""PPO value clipping: the "old" values are predicted anew with the current network, so the clipped difference is always zero.

Source (real): https://github.com/tensorflow/agents/issues/352
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'old_value_preds = value_network(b["obs"])',
    "same_forward_value": False,
}
VALUE_CLIP = 0.25


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, n_act = 14, 5, 9, 3

    def mat(*s):
        return rng.normal(0, 0.6, s).astype("float32")

    w1 = tf.Variable(mat(d, h), name="v_w1")
    w2 = tf.Variable(mat(h, 1), name="v_w2")
    pi = tf.Variable(mat(d, n_act), name="pi")
    obs = mat(n, d)
    v_now = (np.tanh(obs @ w1.numpy()) @ w2.numpy())[:, 0]
    batch = {"obs": obs, "act": rng.integers(0, n_act, n).astype("int32"), "adv": mat(n),
             "old_logp": rng.normal(-1.1, 0.2, n).astype("float32"),
             "old_value": (v_now + rng.normal(0, 0.5, n)).astype("float32"), "ret": (v_now + rng.normal(0, 1, n)).astype("float32")}

    def value_network(x):
        return tf.squeeze(tf.tanh(x @ w1) @ w2, -1)

    def policy_term(b):
        logp = tf.gather(tf.nn.log_softmax(b["obs"] @ pi), b["act"], batch_dims=1)
        ratio = tf.exp(logp - b["old_logp"])
        return -tf.reduce_mean(tf.minimum(ratio * b["adv"], tf.clip_by_value(ratio, 0.8, 1.2) * b["adv"]))

    def reference(b):
        v = value_network(b["obs"])
        lo, hi = b["old_value"] - VALUE_CLIP, b["old_value"] + VALUE_CLIP
        held = tf.minimum(tf.maximum(v, lo), hi)
        worst = tf.maximum((v - b["ret"]) ** 2, (held - b["ret"]) ** 2)
        return policy_term(b) + 0.5 * tf.reduce_mean(worst)

    def candidate(b):
        value_preds = value_network(b["obs"])
        value_estimation_error = tf.math.squared_difference(b["ret"], value_preds)
        old_value_preds = value_network(b["obs"])
        clipped_value_preds = old_value_preds + tf.clip_by_value(value_preds - old_value_preds, -VALUE_CLIP, VALUE_CLIP)
        clipped_error = tf.math.squared_difference(b["ret"], clipped_value_preds)
        value_estimation_error = tf.maximum(value_estimation_error, clipped_error)
        return policy_term(b) + 0.5 * tf.reduce_mean(value_estimation_error)

    return {"variables": [w1, w2, pi], "batch": batch, "reference": reference, "candidate": candidate}
