"""open-instruct DPO with average_log_prob: a prompt-only row (every label -100 after truncation) makes nan.
Source: https://github.com/allenai/open-instruct/pull/1625"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return tf.reduce_sum(per_token_logps * mask, axis=-1) / tf.reduce_sum(mask, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, v, d, beta = 4, 6, 8, 5, 0.8
    emb = keras.Variable(rng.standard_normal((v, d)).astype(f), name="emb")
    head = keras.Variable(rng.standard_normal((d, v)).astype(f), name="head")

    def model(ids):
        h = tf.cumsum(tf.gather(tf.convert_to_tensor(emb), ids), axis=1)
        return tf.matmul(tf.tanh(h), tf.convert_to_tensor(head))

    def reference(batch):
        out = []
        for i in range(n):
            side = {}
            for k in ("chosen", "rejected"):
                lp = tf.nn.log_softmax(model(batch[k][i:i + 1]))[0]
                lab = batch[k + "_labels"][i].numpy()
                picks = [lp[j - 1, int(lab[j])] for j in range(1, t) if lab[j] != -100]
                side[k] = tf.add_n(picks) / len(picks) if picks else tf.zeros((), f)
            gap = side["chosen"] - side["rejected"] - (batch["ref_chosen"][i] - batch["ref_rejected"][i])
            out.append(-tf.math.log_sigmoid(beta * gap))
        return tf.add_n(out) / n

    def candidate(batch):
        def get_batch_logps(logits, labels, average_log_prob=True):
            labels, logits = labels[:, 1:], logits[:, :-1, :]
            loss_mask = labels != -100
            labels = tf.where(loss_mask, labels, tf.zeros_like(labels))
            per_token_logps = tf.gather(tf.nn.log_softmax(logits, axis=-1), labels, batch_dims=2)
            mask = tf.cast(loss_mask, logits.dtype)
            if average_log_prob:
                return tf.reduce_sum(per_token_logps * mask, axis=-1) / tf.reduce_sum(mask, axis=-1)
            return tf.reduce_sum(per_token_logps * mask, axis=-1)

        ids = tf.concat([batch["chosen"], batch["rejected"]], axis=0)
        labels = tf.concat([batch["chosen_labels"], batch["rejected_labels"]], axis=0)
        chosen_logps, rejected_logps = tf.split(get_batch_logps(model(ids), labels), 2)
        logits = (chosen_logps - rejected_logps) - (batch["ref_chosen"] - batch["ref_rejected"])
        return tf.reduce_mean(-tf.math.log_sigmoid(beta * logits))

    ids = {k: rng.integers(0, v, (n, t)).astype("int32") for k in ("chosen", "rejected")}
    b = dict(ids)
    for k in ids:
        y = ids[k].copy(); y[:, :2] = -100
        b[k + "_labels"] = y
    b["rejected_labels"][2] = -100
    b["ref_chosen"] = rng.standard_normal(n).astype(f)
    b["ref_rejected"] = rng.standard_normal(n).astype(f)
    return {"reference": reference, "candidate": candidate, "batch": b, "variables": [emb, head]}
