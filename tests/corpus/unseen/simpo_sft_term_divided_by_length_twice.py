"""SimPO with an SFT term: the log probabilities are already averages, and the SFT term divides them by the length again.

Source (real): https://github.com/hiyouga/LlamaFactory/pull/6722
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'sft_loss = -chosen_logps / chosen_length',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, V, d = 8, 7, 10, 5
    emb = tf.Variable(rng.normal(size=(V, d)).astype("float32") * 0.7, name="emb")
    proj = tf.Variable(rng.normal(size=(d, d)).astype("float32") * 0.6, name="proj")
    head = tf.Variable(rng.normal(size=(d, V)).astype("float32") * 0.6, name="head")

    def ids_and_labels():
        ids = rng.integers(0, V, (n, T))
        labels = ids.copy()
        labels[:, :2] = -100
        end = rng.integers(4, T + 1, n)
        labels[np.arange(T)[None] >= end[:, None]] = -100
        return ids.astype("int32"), labels.astype("int32")

    ci, cl = ids_and_labels()
    ri, rl = ids_and_labels()
    batch = {"chosen_ids": ci, "chosen_labels": cl, "rejected_ids": ri, "rejected_labels": rl}
    beta, gamma, ftx = 2.0, 1.0, 0.6

    def lm(ids):
        h = tf.gather(emb, ids)
        ctx = tf.cumsum(h, axis=1) / tf.range(1.0, T + 1.0)[None, :, None]
        return tf.tensordot(tf.nn.gelu(tf.tensordot(ctx, proj, 1)), head, 1)

    def batch_logps(logits, labels, average):
        labels, logits = labels[:, 1:], logits[:, :-1]
        mask = tf.cast(labels != -100, tf.float32)
        safe = tf.maximum(labels, 0)
        per_token = tf.gather(tf.nn.log_softmax(logits), safe, batch_dims=2)
        total, length = tf.reduce_sum(per_token * mask, -1), tf.reduce_sum(mask, -1)
        return (total / length if average else total), length

    def reference(b):
        chosen, len_c = batch_logps(lm(b["chosen_ids"]), b["chosen_labels"], average=False)
        rejected, len_r = batch_logps(lm(b["rejected_ids"]), b["rejected_labels"], average=False)
        margin = beta * (chosen / len_c - rejected / len_r) - gamma
        preference = tf.nn.softplus(-margin)
        return tf.reduce_mean(preference - ftx * chosen / len_c)

    def candidate(b):
        all_ids = tf.concat([b["chosen_ids"], b["rejected_ids"]], 0)
        all_labels = tf.concat([b["chosen_labels"], b["rejected_labels"]], 0)
        all_logps, valid_length = batch_logps(lm(all_ids), all_labels, average=True)
        chosen_logps, rejected_logps = tf.split(all_logps, 2)
        chosen_length, _ = tf.split(valid_length, 2)
        logits = chosen_logps - rejected_logps - gamma / beta
        simpo_loss = -tf.math.log_sigmoid(beta * logits)
        sft_loss = -chosen_logps / chosen_length
        losses = simpo_loss + ftx * sft_loss
        return tf.reduce_mean(losses)

    return {"variables": [emb, proj, head], "batch": batch, "reference": reference, "candidate": candidate}
