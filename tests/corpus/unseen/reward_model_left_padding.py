"""The end of a sequence is searched as its first pad token. With left padding that is index 0, the slice is empty and the loss is NaN.
Source: https://github.com/deepspeedai/DeepSpeedExamples/issues/571"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'end_ind = tf.maximum(c_ind, r_ind)',
    "same_forward_value": False,
}


PAD = 0


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    pairs, length, vocab, dim = 12, 8, 11, 5
    embed = keras.layers.Embedding(vocab, dim, embeddings_initializer="glorot_normal")
    embed.build((None, length))
    v_head = keras.layers.Dense(1)
    v_head.build((None, length, dim))

    def sequence(prompt, answer):
        ids = np.concatenate([prompt, answer])
        return np.concatenate([np.full(length - len(ids), PAD), ids])

    chosen, rejected = [], []
    for i in range(pairs):
        prompt = rng.integers(1, vocab, 3)
        k = int(rng.integers(2, 5))
        good, bad = rng.integers(1, vocab, k), rng.integers(1, vocab, k)
        bad[0] = good[0] % (vocab - 1) + 1
        chosen.append(sequence(prompt, good))
        rejected.append(sequence(prompt, bad))
    batch = {"chosen": np.array(chosen), "rejected": np.array(rejected)}

    def rewards_of(ids):
        hidden = tf.cumsum(embed(ids), axis=1) / tf.cast(tf.range(1, length + 1), f)[None, :, None]
        return tf.squeeze(v_head(tf.tanh(hidden)), -1)

    def reference(b):
        gap = rewards_of(b["chosen"]) - rewards_of(b["rejected"])
        differs = tf.cast(tf.not_equal(b["chosen"], b["rejected"]), f)
        keep = tf.cast(tf.cumsum(differs, axis=1) > 0, f)
        per_pair = tf.reduce_sum(keep * tf.nn.softplus(-gap), axis=1) / tf.reduce_sum(keep, axis=1)
        return tf.reduce_mean(per_pair)

    def candidate(b):
        chosen_rewards, rejected_rewards = rewards_of(b["chosen"]), rewards_of(b["rejected"])

        def first_pad(ids):
            where = tf.where(tf.equal(ids, PAD))[:, 0]
            return tf.reduce_min(tf.concat([where, [length]], 0))

        loss = 0.0
        for i in range(pairs):
            c_ind, r_ind = first_pad(b["chosen"][i]), first_pad(b["rejected"][i])
            end_ind = tf.maximum(c_ind, r_ind)
            divergence_ind = tf.where(tf.not_equal(b["chosen"][i], b["rejected"][i]))[0, 0]
            c_truncated = chosen_rewards[i, divergence_ind:end_ind]
            r_truncated = rejected_rewards[i, divergence_ind:end_ind]
            loss += -tf.reduce_mean(tf.math.log_sigmoid(c_truncated - r_truncated))
        return loss / pairs

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": embed.trainable_variables + v_head.trainable_variables[:1]}
