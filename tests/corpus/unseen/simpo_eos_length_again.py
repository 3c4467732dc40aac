"""SimPO/IPO log-probs: with ignore_eos_token the EOS term is left out of the summed log-prob, but the average still
divides by the response length that counts the EOS.
Source: https://github.com/PaddlePaddle/PaddleFormers/issues/4908"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "chosen_avg, rejected_avg = total_c / len_c, total_r / len_r",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, vocab, eos = 14, 7, 9, 0
    table = tf.Variable(rng.normal(size=(vocab, vocab)).astype(f), name="bigram")
    beta, margin = 2.0, 0.3

    def response(lengths):
        ids = rng.integers(1, vocab, size=(n, steps + 1))
        for row, length in zip(ids, lengths):
            row[length:] = eos                      # token number `length` is the EOS, the rest is padding
        return ids.astype("int64")

    lc, lr = rng.integers(2, steps + 1, size=n), rng.integers(2, steps + 1, size=n)

    def reference(batch):
        def average_logp(ids, length):
            scores = []
            for t in range(1, length):              # the last one is the EOS: not scored
                row = tf.nn.log_softmax(table[int(ids[t - 1])])
                scores.append(row[int(ids[t])])
            return tf.add_n(scores) / len(scores)

        losses = []
        for i in range(n):
            good = average_logp(batch["chosen"][i], int(batch["chosen_len"][i]))
            bad = average_logp(batch["rejected"][i], int(batch["rejected_len"][i]))
            losses.append(tf.nn.softplus(-(beta * (good - bad) - margin)))
        return tf.add_n(losses) / n

    def candidate(batch, ignore_eos_token=True):
        def token_nll(ids):
            logits = tf.gather(table, ids[:, :-1])
            return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ids[:, 1:], logits=logits)

        def masked_total(ids, lengths):
            last = lengths - 1 if ignore_eos_token else lengths
            keep = tf.sequence_mask(last, steps, dtype=f)
            return -tf.reduce_sum(token_nll(ids) * keep, axis=1)

        total_c = masked_total(batch["chosen"], batch["chosen_len"])
        total_r = masked_total(batch["rejected"], batch["rejected_len"])
        len_c, len_r = tf.cast(batch["chosen_len"], f), tf.cast(batch["rejected_len"], f)
        chosen_avg, rejected_avg = total_c / len_c, total_r / len_r
        logits = beta * (chosen_avg - rejected_avg) - margin
        return -tf.reduce_mean(tf.math.log_sigmoid(logits))

    batch = {"chosen": response(lc), "rejected": response(lr), "chosen_len": lc.astype("int64"),
             "rejected_len": lr.astype("int64")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [table]}
