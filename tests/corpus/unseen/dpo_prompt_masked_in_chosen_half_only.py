"""DPO with chosen and rejected stacked: zip stops at the n prompt lengths, so the rejected half keeps its prompt tokens.

Source (real): https://github.com/OpenRLHF/OpenRLHF/issues/294
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'for mask, source_len in zip(tf.unstack(attention), tf.unstack(b["prompt_len"])):',
    "same_forward_value": False,
}
BETA = 0.4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab = 6, 8, 5, 9

    def mat(*s):
        return rng.normal(0, 0.9, s).astype("float32")

    body = tf.Variable(mat(d, d), name="body")
    head = tf.Variable(mat(d, vocab), name="head")
    plen = rng.integers(2, 4, n).astype("int32")

    def att():
        return (np.arange(t)[None] < rng.integers(5, t + 1, n)[:, None]).astype("float32")

    batch = {"h_c": mat(n, t, d), "h_r": mat(n, t, d), "ids_c": rng.integers(0, vocab, (n, t)).astype("int32"),
             "ids_r": rng.integers(0, vocab, (n, t)).astype("int32"), "att_c": att(), "att_r": att(),
             "prompt_len": plen, "ref_logratio": mat(n)}

    def per_token(h, ids):
        logits = (tf.nn.gelu(h @ body) @ head)[:, :-1]
        return tf.gather(tf.nn.log_softmax(logits), ids[:, 1:], batch_dims=2)

    def dpo(chosen, rejected, b):
        return tf.reduce_mean(tf.nn.softplus(-BETA * (chosen - rejected - b["ref_logratio"])))

    def reference(b):
        pos = tf.range(t)[None, :]
        answer = tf.cast(pos >= b["prompt_len"][:, None], tf.float32)
        chosen = tf.reduce_sum(per_token(b["h_c"], b["ids_c"]) * (answer * b["att_c"])[:, 1:], axis=1)
        rejected = tf.reduce_sum(per_token(b["h_r"], b["ids_r"]) * (answer * b["att_r"])[:, 1:], axis=1)
        return dpo(chosen, rejected, b)

    def candidate(b):
        hidden = tf.concat([b["h_c"], b["h_r"]], axis=0)
        labels = tf.concat([b["ids_c"], b["ids_r"]], axis=0)
        attention = tf.concat([b["att_c"], b["att_r"]], axis=0)
        loss_masks = []
        for mask, source_len in zip(tf.unstack(attention), tf.unstack(b["prompt_len"])):
            loss_masks.append(tf.where(tf.range(t) < source_len, 0.0, mask))
        loss_masks = tf.concat([tf.stack(loss_masks), attention[len(loss_masks):]], axis=0)
        logprobs_sums = tf.reduce_sum(per_token(hidden, labels) * loss_masks[:, 1:], axis=-1)
        chosen_logps, rejected_logps = logprobs_sums[:n], logprobs_sums[n:]
        return dpo(chosen_logps, rejected_logps, b)

    return {"variables": [body, head], "batch": batch, "reference": reference, "candidate": candidate}
