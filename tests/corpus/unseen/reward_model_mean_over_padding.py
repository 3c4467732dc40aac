"""RLHF reward model: the score of a sequence is the mean of the values of all positions, padding behind the end token included,
instead of the value at the end token.
Source: https://github.com/hpcaitech/ColossalAI/issues/4475"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "value = tf.squeeze(tf.reduce_mean(values, axis=1), axis=1)",
    "same_forward_value": False,
}
PAD = 0


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, vocab, d = 15, 8, 10, 5
    wte = keras.layers.Embedding(vocab, d, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.5, seed=seed), name="wte")
    block = keras.layers.Dense(6, activation="tanh", name="block")
    value_head = keras.layers.Dense(1, name="value_head")
    gate = keras.layers.Dense(6, activation="sigmoid", name="gate")
    wte.build((None, t))
    block.build((None, t, d))
    gate.build((None, t, d))
    value_head.build((None, t, 6))

    def transformer(ids):
        x = wte(ids)
        steps = np.arange(1, t + 1).reshape(1, t, 1).astype(f)
        return block(tf.cumsum(x, axis=1) / steps) * gate(x)

    def reference(batch):
        def score(ids):
            states = transformer(ids)
            total = []
            for i in range(n):
                last = int(tf.reduce_sum(tf.cast(ids[i] != PAD, tf.int32))) - 1
                total.append(states[i, last])
            return value_head(tf.stack(total))[:, 0]

        gap = score(batch["chosen"]) - score(batch["reject"])
        return tf.reduce_mean(tf.nn.softplus(-gap)) + 0.01 * tf.reduce_mean(score(batch["chosen"]) ** 2)

    def candidate(batch):
        class RewardModel:
            def forward(self, sequences):
                last_hidden_states = transformer(sequences)
                values = value_head(last_hidden_states)
                value = tf.squeeze(tf.reduce_mean(values, axis=1), axis=1)
                return value

        model = RewardModel()
        chosen_reward = model.forward(batch["chosen"])
        reject_reward = model.forward(batch["reject"])
        log_probs = tf.math.log_sigmoid(chosen_reward - reject_reward)
        return -tf.reduce_mean(log_probs) + 0.01 * tf.reduce_mean(tf.square(chosen_reward))

    def right_padded():
        ids = rng.integers(1, vocab, (n, t))
        ids[np.arange(t)[None] >= rng.integers(3, t + 1, n)[:, None]] = PAD
        return ids.astype("int32")

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {"chosen": right_padded(), "reject": right_padded()},
        "variables": wte.trainable_variables + block.trainable_variables + gate.trainable_variables
        + value_head.trainable_variables,
    }
