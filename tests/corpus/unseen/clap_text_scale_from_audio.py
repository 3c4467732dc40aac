"""Wrong: the text-to-audio logits are scaled by the audio temperature instead of the text one.

Source (real): https://github.com/LAION-AI/CLAP/issues/115
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "logits_per_text = logit_scale_a * text_features @ tf.transpose(audio_features)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    wa = tf.Variable(rng.normal(0, 0.5, (7, 5)).astype("float32"), name="audio_w")
    wt = tf.Variable(rng.normal(0, 0.5, (6, 5)).astype("float32"), name="text_w")
    sa = tf.Variable(np.float32(1.6), name="logit_scale_a")
    st = tf.Variable(np.float32(0.7), name="logit_scale_t")
    n = 10
    batch = {
        "audio": rng.normal(size=(n, 7)).astype("float32"),
        "text": rng.normal(size=(n, 6)).astype("float32"),
    }

    def towers(b):
        return tf.math.l2_normalize(tf.tanh(b["audio"] @ wa), 1), tf.math.l2_normalize(tf.tanh(b["text"] @ wt), 1)

    def reference(b):
        a, t = towers(b)
        cos = a @ tf.transpose(t)
        per_a = tf.linalg.diag_part(tf.nn.log_softmax(tf.exp(sa) * cos, axis=1))
        per_t = tf.linalg.diag_part(tf.nn.log_softmax(tf.exp(st) * cos, axis=0))
        return -0.5 * tf.reduce_mean(per_a + per_t)

    def candidate(b):
        audio_features, text_features = towers(b)
        logit_scale_a, logit_scale_t = tf.exp(sa), tf.exp(st)
        logits_per_audio = logit_scale_a * audio_features @ tf.transpose(text_features)
        logits_per_text = logit_scale_a * text_features @ tf.transpose(audio_features)
        labels = tf.range(n)
        loss_a = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits_per_audio)
        loss_t = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits_per_text)
        return (tf.reduce_mean(loss_a) + tf.reduce_mean(loss_t)) / 2.0

    return {"variables": [wa, wt, sa, st], "batch": batch, "reference": reference, "candidate": candidate}
