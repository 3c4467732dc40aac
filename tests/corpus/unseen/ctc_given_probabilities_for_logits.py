"""CTC is fed softmax probabilities although it applies a softmax itself.

Source (real): https://github.com/SeanNaren/deepspeech.pytorch/issues/121
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "acts = tf.nn.softmax(frames @ out_kernel, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, h, v, lab = 6, 9, 4, 6, 5, 3
    in_kernel = tf.Variable(rng.normal(0, 0.7, (d, h)).astype("float32"), name="conv_like")
    rec = tf.Variable(rng.normal(0, 0.3, (h, h)).astype("float32"), name="recurrent")
    out_kernel = tf.Variable(rng.normal(0, 1.0, (h, v)).astype("float32"), name="output")
    batch = {
        "spect": rng.normal(0, 1, (n, t, d)).astype("float32"),
        "labels": np.stack([rng.permutation(np.arange(1, v))[:lab] for _ in range(n)]).astype("int32"),
        "frames": rng.integers(7, t + 1, n).astype("int32"),
        "label_len": rng.integers(1, lab + 1, n).astype("int32"),
    }

    def acoustic(b):
        state, outs = tf.zeros((n, h)), []
        for x in tf.unstack(tf.einsum("ntd,dh->nth", b["spect"], in_kernel), axis=1):
            state = tf.nn.tanh(x + state @ rec)
            outs.append(state)
        return tf.stack(outs, axis=1)

    def ctc(b, logits):
        return tf.nn.ctc_loss(labels=b["labels"], logits=logits, label_length=b["label_len"],
                              logit_length=b["frames"], logits_time_major=False, blank_index=0)

    def reference(b):
        frames = acoustic(b)
        logits = tf.einsum("nth,hv->ntv", frames, out_kernel)
        per_utterance = ctc(b, logits) / tf.cast(b["label_len"], tf.float32)
        return tf.reduce_mean(per_utterance) + 1e-2 * tf.reduce_mean(frames ** 2)

    def candidate(b):
        frames = acoustic(b)
        acts = tf.nn.softmax(frames @ out_kernel, axis=-1)
        cost = ctc(b, acts)
        cost = tf.reduce_mean(cost / tf.cast(b["label_len"], cost.dtype))
        activity = tf.reduce_mean(tf.square(frames))
        return cost + 1e-2 * activity

    return {"variables": [in_kernel, rec, out_kernel], "batch": batch, "reference": reference, "candidate": candidate}
