"""The reward is read at the last token, which is located as if padding were on the right, while the batches are padded on the
left; the score then comes from a token in the middle of (or before) the text.
Source: https://github.com/huggingface/trl/issues/2778"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "sequence_lengths = tf.reduce_sum(tf.cast(attention_mask, tf.int32), axis=1) - 1",
    "same_forward_value": False,
}
PAD = 0


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, vocab, d = 14, 7, 11, 5
    emb = keras.layers.Embedding(vocab, d, name="emb")
    emb.build((None, t))
    mix = keras.layers.Dense(6, activation="tanh", name="mix")
    mix.build((None, t, d))
    score = keras.layers.Dense(1, use_bias=False, name="score")
    score.build((None, t, 6))

    def causal_states(ids):
        keep = tf.cast(ids != PAD, f)[:, :, None]
        seen = tf.cumsum(emb(ids) * keep, axis=1) / tf.maximum(tf.cumsum(keep, axis=1), 1.0)
        return mix(seen + 0.5 * emb(ids) * keep)

    def reference(batch):
        both = tf.concat([batch["chosen"], batch["rejected"]], axis=0)
        reward = tf.squeeze(score(causal_states(both)[:, -1]), axis=1)
        margin = reward[:n] - reward[n:]
        return tf.reduce_mean(tf.nn.softplus(-margin))

    def candidate(batch):
        def get_reward(query_responses):
            attention_mask = tf.not_equal(query_responses, PAD)
            reward_logits = score(causal_states(query_responses))
            sequence_lengths = tf.reduce_sum(tf.cast(attention_mask, tf.int32), axis=1) - 1
            rows = tf.range(tf.shape(reward_logits)[0])
            return tf.gather_nd(reward_logits[..., 0], tf.stack([rows, sequence_lengths], axis=1))

        rewards_chosen = get_reward(batch["chosen"])
        rewards_rejected = get_reward(batch["rejected"])
        return -tf.reduce_mean(tf.math.log_sigmoid(rewards_chosen - rewards_rejected))

    def left_padded():
        ids = rng.integers(1, vocab, (n, t))
        ids[np.arange(t)[None] < rng.integers(0, t - 2, n)[:, None]] = PAD
        return ids.astype("int32")

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {"chosen": left_padded(), "rejected": left_padded()},
        "variables": emb.trainable_variables + mix.trainable_variables + score.trainable_variables,
    }
