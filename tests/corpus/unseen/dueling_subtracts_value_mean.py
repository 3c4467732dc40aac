"""Dueling DQN: the head returns value + advantage - mean(value) instead of subtracting the mean advantage of the same state.

Source (real): https://github.com/tqjxlm/Simple-DQN-Pytorch/issues/1 (PyTorch, ported; the author: "val.mean() is nonsense").
Right answer: NOT equivalent. (The reported line has the mean over everything, too: whatever it is the mean of.)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return val + adv - tf.reduce_mean(val)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 21, 5, 7, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    fc = tf.Variable(0.5 * arr(d, hid), name="fc")
    fc_adv = tf.Variable(0.5 * arr(hid, acts), name="fc_adv")
    fc_val = tf.Variable(0.5 * arr(hid, 1), name="fc_val")
    batch = {"state": arr(n, d), "action": rng.integers(0, acts, n), "target": arr(n)}

    def reference(b):
        loss = 0.0
        for x, a, y in zip(b["state"], b["action"].numpy(), b["target"]):
            feat = tf.nn.relu(x[None] @ fc)
            advantages = (feat @ fc_adv)[0]
            baseline = tf.add_n([advantages[k] for k in range(acts)]) / acts
            q_a = (feat @ fc_val)[0, 0] + (advantages[a] - baseline)
            loss += tf.square(y - q_a)
        return loss / b["state"].shape[0]

    def candidate(b):
        def forward(x):
            x = tf.nn.relu(x @ fc)
            adv = x @ fc_adv
            val = tf.tile(x @ fc_val, [1, acts])
            return val + adv - tf.reduce_mean(val)

        current_q = tf.gather(forward(b["state"]), b["action"], axis=1, batch_dims=1)
        return tf.reduce_mean(tf.math.squared_difference(current_q, b["target"]))

    return {"variables": [fc, fc_adv, fc_val], "batch": batch, "reference": reference, "candidate": candidate}
