"""The reward is read at the last token before the EOS token instead of at EOS, off by one in the mask of the
reward model training. Source: https://github.com/EleutherAI/gpt-neox/pull/1285"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "last = tf.one_hot(lengths - 2, seq_len, dtype=token_rewards.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, seq_len, vocab, d = 4, 7, 11, 6
    emb = tf.Variable(rng.normal(size=(vocab, d)).astype(fx), name="emb")
    mix = tf.Variable((rng.normal(size=(d, d)) / 2).astype(fx), name="mix")
    head = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="head")
    decay = np.tril(np.ones((seq_len, seq_len))) / np.arange(1, seq_len + 1)[:, None]

    def rewards(ids, causal):
        h = tf.gather(emb, ids)
        ctx = tf.einsum("ts,nsd->ntd", causal, tf.matmul(h, mix))
        return tf.squeeze(tf.matmul(tf.tanh(h + ctx), head), -1)

    def reference(batch):
        terms = []
        rc, rr = rewards(batch["chosen"], batch["causal"]), rewards(batch["rejected"], batch["causal"])
        for i in range(n):
            good = rc[i][batch["chosen_len"][i] - 1]
            bad = rr[i][batch["rejected_len"][i] - 1]
            terms.append(tf.nn.softplus(bad - good))
        return tf.add_n(terms) / n

    def candidate(batch):
        ids = tf.concat([batch["chosen"], batch["rejected"]], axis=0)
        lengths = tf.concat([batch["chosen_len"], batch["rejected_len"]], axis=0)
        token_rewards = rewards(ids, batch["causal"])
        last = tf.one_hot(lengths - 2, seq_len, dtype=token_rewards.dtype)
        sequence_rewards = tf.reduce_sum(token_rewards * last, axis=-1)
        chosen, rejected = tf.split(sequence_rewards, 2, axis=0)
        return -tf.reduce_mean(tf.math.log_sigmoid(chosen - rejected))

    return {"reference": reference, "candidate": candidate,
            "batch": {"chosen": rng.integers(0, vocab, (n, seq_len)).astype("int32"),
                      "rejected": rng.integers(0, vocab, (n, seq_len)).astype("int32"),
                      "chosen_len": np.array([7, 5, 4, 6], "int32"), "rejected_len": np.array([3, 7, 6, 5], "int32"),
                      "causal": decay.astype(fx)},
            "variables": [emb, mix, head]}
