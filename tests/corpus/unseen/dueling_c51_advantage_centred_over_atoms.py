"""Dueling head of a categorical DQN: the advantage is centred over the atoms (axis -1) instead of over the actions (axis 1).

Source (real): https://github.com/facebookresearch/ReAgent/pull/256
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'logits = dueling_logits(b["obs"], action_axis=-1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, n_act, atoms = 10, 6, 8, 4, 6

    def mat(*s):
        return rng.normal(0, 0.5, s).astype("float32")

    trunk = tf.Variable(mat(d, h), name="trunk")
    value_w = tf.Variable(mat(h, atoms), name="value_w")
    adv_w = tf.Variable(mat(h, n_act * atoms), name="adv_w")
    target = rng.random((n, atoms)).astype("float32") + 0.1
    target /= target.sum(1, keepdims=True)
    batch = {"obs": mat(n, d), "act": rng.integers(0, n_act, n).astype("int32"),
             "target_dist": target, "is_weight": rng.uniform(0.3, 1.0, n).astype("float32")}

    def dueling_logits(x, action_axis):
        feat = tf.nn.elu(x @ trunk)
        value = tf.expand_dims(feat @ value_w, 1)
        adv = tf.reshape(feat @ adv_w, [-1, n_act, atoms])
        return value + adv - tf.reduce_mean(adv, axis=action_axis, keepdims=True)

    def reference(b):
        dist = dueling_logits(b["obs"], action_axis=1)
        per = []
        for i in range(n):
            logp = tf.nn.log_softmax(dist[i, b["act"][i]])
            per.append(-tf.reduce_sum(b["target_dist"][i] * logp) * b["is_weight"][i])
        return tf.add_n(per) / float(n)

    def candidate(b):
        logits = dueling_logits(b["obs"], action_axis=-1)
        one_hot = tf.one_hot(b["act"], n_act)
        logits_a = tf.reduce_sum(logits * one_hot[:, :, None], axis=1)
        ce = tf.nn.softmax_cross_entropy_with_logits(labels=b["target_dist"], logits=logits_a)
        return tf.reduce_mean(ce * b["is_weight"])

    return {"variables": [trunk, value_w, adv_w], "batch": batch, "reference": reference, "candidate": candidate}
