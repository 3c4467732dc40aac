"""DigiRL: token probabilities are clamped to [0.001, 0.99] before the log; a confident policy loses its gradient altogether.

Source (real): https://github.com/DigiRL-agent/digirl/issues/22 (PyTorch, ported; "not a deliberate design choice").
Right answer: NOT equivalent; all chosen tokens here are above 0.99, so the gradient is exactly zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "selected_prediction_probs = tf.clip_by_value(selected_prediction_probs, 0.001, 0.99)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab = 15, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    head = tf.Variable(np.eye(vocab, dtype=f) + 0.05 * arr(vocab, vocab), name="lm_head")
    bias = tf.Variable(0.1 * arr(vocab), name="lm_bias")
    ids = rng.integers(0, vocab, (n, length))
    mask = np.ones((n, length), dtype=f)
    mask[::3, -1] = 0.0
    hidden = (8.0 * np.eye(vocab)[ids] + 0.3 * arr(n, length, vocab)).astype(f)
    batch = {"hidden": hidden, "input_ids": ids, "attention_mask": mask, "advantage": arr(n)}

    def reference(b):
        logits = b["hidden"] @ head + bias
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["input_ids"], logits=logits)
        log_prob = -tf.reduce_sum(nll * b["attention_mask"], axis=1)
        return -tf.reduce_mean(log_prob * b["advantage"])

    def candidate(b):
        def get_log_prob():
            prediction_probs = tf.nn.softmax(tf.einsum("ntd,dv->ntv", b["hidden"], head) + bias)
            selected_prediction_probs = tf.squeeze(
                tf.gather(prediction_probs, b["input_ids"][:, :, None], axis=2, batch_dims=2), axis=2)
            selected_prediction_probs = tf.clip_by_value(selected_prediction_probs, 0.001, 0.99)
            return tf.math.log(selected_prediction_probs) * b["attention_mask"]

        log_prob = tf.reduce_sum(get_log_prob(), axis=1)
        pg_loss = -tf.reduce_mean(log_prob * b["advantage"])
        return pg_loss

    return {"variables": [head, bias], "batch": batch, "reference": reference, "candidate": candidate}
