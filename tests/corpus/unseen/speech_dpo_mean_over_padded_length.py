"""The sequence log probability of the rejected and chosen speech tokens is averaged over the padded length instead of over the valid tokens.

Source (real): https://github.com/QwenAudio/CosyVoice/issues/1449
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_mean(logps * lm_mask, axis=-1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, vocab, d = 8, 7, 9, 6
    ignore = -1
    emb = tf.Variable(rng.normal(size=(vocab, d)).astype("float32") * 0.6, name="speech_embedding")
    head = tf.Variable(rng.normal(size=(d, vocab)).astype("float32") * 0.6, name="llm_decoder")

    def targets():
        y = rng.integers(0, vocab, size=(n, t))
        lens = rng.integers(2, t + 1, size=n)
        return np.where(np.arange(t)[None] < lens[:, None], y, ignore).astype("int32")

    batch = {
        "chosen_in": rng.integers(0, vocab, size=(n, t)).astype("int32"),
        "rejected_in": rng.integers(0, vocab, size=(n, t)).astype("int32"),
        "chosen_target": targets(),
        "rejected_target": targets(),
        "ref_chosen": -rng.uniform(1.5, 2.5, size=n).astype("float32"),
        "ref_rejected": -rng.uniform(1.5, 2.5, size=n).astype("float32"),
    }
    beta = 0.8

    def token_logps(tokens, target):
        hidden = tf.cumsum(tf.gather(emb, tokens), axis=1) * 0.5
        log_probs = tf.nn.log_softmax(tf.einsum("ntd,dv->ntv", hidden, head), axis=-1)
        mask = tf.cast(target != ignore, tf.float32)
        return tf.gather(log_probs, tf.maximum(target, 0), axis=2, batch_dims=2), mask

    def dpo(chosen, rejected, b):
        logits = (chosen - rejected) - (b["ref_chosen"] - b["ref_rejected"])
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * logits))

    def reference(b):
        def sequence_logp(tokens, target):
            lp, mask = token_logps(tokens, target)
            return tf.reduce_sum(lp * mask, axis=-1) / tf.reduce_sum(mask, axis=-1)
        chosen = sequence_logp(b["chosen_in"], b["chosen_target"])
        rejected = sequence_logp(b["rejected_in"], b["rejected_target"])
        return dpo(chosen, rejected, b)

    def candidate(b):
        def average_logps(tokens, target):
            logps, lm_mask = token_logps(tokens, target)
            return tf.reduce_mean(logps * lm_mask, axis=-1)
        chosen_logps = average_logps(b["chosen_in"], b["chosen_target"])
        rejected_logps = average_logps(b["rejected_in"], b["rejected_target"])
        return dpo(chosen_logps, rejected_logps, b)

    return {"variables": [emb, head], "batch": batch, "reference": reference, "candidate": candidate}
