"""Optimal completion distillation: the loss is a cross entropy where the paper has a KL divergence, and a reader asks whether that is right.

Source (real): https://github.com/Alexander-H-Liu/End-to-end-ASR-Pytorch/pull/19 (ocd_loss, PyTorch, ported; answered in the thread).
Right answer: EQUIVALENT gradients. The two differ by the entropy of the target, which does not depend on the model; the values differ.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, d, vocab = 14, 5, 4, 7
    temp = 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(d, vocab), name="char_w")
    bias = tf.Variable(0.2 * arr(vocab), name="char_b")
    batch = {
        "state": arr(n, length, d),
        "q_val": -rng.integers(0, 4, (n, length, vocab)).astype(f),
        "len_sample": rng.integers(2, length + 1, n),
    }

    def reference(b):
        target = tf.nn.softmax(b["q_val"] / temp)
        model = tf.nn.softmax(tf.tensordot(b["state"], w, 1) + bias)
        kl = tf.reduce_sum(target * tf.math.log(target / model), axis=-1)
        mask = tf.sequence_mask(b["len_sample"], length, dtype=kl.dtype)
        return tf.reduce_mean(tf.reduce_sum(kl * mask, axis=1) / tf.reduce_sum(mask, axis=1))

    def candidate(b):
        out_probs = tf.nn.log_softmax(b["state"] @ w + bias)
        loss = 0.0
        batch_size = b["state"].shape[0]
        for i in range(batch_size):
            len_sample = int(b["len_sample"][i])
            optimal_probs = tf.nn.softmax(b["q_val"][i, :len_sample] / temp)
            step_loss = -tf.reduce_sum(optimal_probs * out_probs[i, :len_sample], axis=-1)
            loss += tf.reduce_mean(step_loss)
        return loss / batch_size

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
