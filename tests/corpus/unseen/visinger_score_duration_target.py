"""Wrong: the score-level duration head is trained on the phoneme durations instead of the score durations.

Source (real): https://github.com/espnet/espnet/pull/6105
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'score_target = tf.math.log(b["phn_dur"] + 1.0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, D = 8, 7, 5
    hid = tf.Variable(rng.normal(0, 0.5, (D, 8)).astype("float32"), name="dur_hidden")
    head = tf.Variable(rng.normal(0, 0.5, (8, 2)).astype("float32"), name="dur_head")
    head_b = tf.Variable(np.array([1.0, 1.5], "float32"), name="dur_bias")
    batch = {
        "text": rng.normal(size=(n, T, D)).astype("float32"),
        "phn_dur": rng.integers(1, 10, (n, T)).astype("float32"),
        "score_dur": rng.integers(5, 40, (n, T)).astype("float32"),
        "text_len": rng.integers(3, T + 1, n).astype("int32"),
    }

    def duration_model(text):
        return tf.nn.relu(text @ hid) @ head + head_b

    def reference(b):
        losses = []
        for i in range(n):
            k = b["text_len"][i]
            pred = duration_model(b["text"][i, :k])
            phn = tf.reduce_sum((pred[:, 0] - tf.math.log(b["phn_dur"][i, :k] + 1)) ** 2)
            score = tf.reduce_sum((pred[:, 1] - tf.math.log(b["score_dur"][i, :k] + 1)) ** 2)
            losses.append(phn + score)
        return tf.add_n(losses) / tf.cast(tf.reduce_sum(b["text_len"]), tf.float32)

    def masked_mse(pred, target, mask):
        return tf.reduce_sum(mask * tf.square(pred - target)) / tf.reduce_sum(mask)

    def candidate(b):
        x_mask = tf.sequence_mask(b["text_len"], T, dtype=tf.float32)
        pred_dur = duration_model(b["text"])
        phn_target = tf.math.log(1.0 + b["phn_dur"])
        phn_dur_loss = masked_mse(pred_dur[..., 0], phn_target, x_mask)
        score_target = tf.math.log(b["phn_dur"] + 1.0)
        score_dur_loss = masked_mse(pred_dur[..., 1], score_target, x_mask)
        return phn_dur_loss + score_dur_loss

    return {"variables": [hid, head, head_b], "batch": batch, "reference": reference, "candidate": candidate}
