"""Reward-model margins of shape (B,) are subtracted from reward differences of shape (B, 1), mixing every pair with every margin. Source: https://github.com/modelscope/ms-swift/pull/9927"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "logits = rewards_chosen - rewards_rejected - batch['margin']",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    B, T, V, D = 5, 7, 12, 8
    center_rewards_coefficient = 0.01
    embedding = tf.keras.layers.Embedding(V, D, embeddings_initializer=tf.keras.initializers.RandomNormal(0, 0.7, seed=seed))
    backbone = tf.keras.layers.GRU(D, return_sequences=True, kernel_initializer=tf.keras.initializers.GlorotUniform(seed=seed),
                                   recurrent_initializer=tf.keras.initializers.Orthogonal(seed=seed))
    v_head = tf.keras.layers.Dense(1, use_bias=False, kernel_initializer=tf.keras.initializers.RandomNormal(0, 1.0, seed=seed + 3))

    def score(ids, lengths):
        hidden = backbone(embedding(ids))
        last = tf.gather(hidden, lengths - 1, axis=1, batch_dims=1)
        return v_head(last)

    score(tf.zeros((1, T), tf.int32), tf.constant([T]))

    def reference(batch):
        loss, center = 0.0, 0.0
        r_c = score(batch["chosen_ids"], batch["chosen_len"])
        r_r = score(batch["rejected_ids"], batch["rejected_len"])
        for i in range(B):
            loss -= tf.math.log_sigmoid(r_c[i, 0] - r_r[i, 0] - batch["margin"][i])
            center += tf.square(r_c[i, 0] + r_r[i, 0])
        return loss / B + center_rewards_coefficient * center / B

    def candidate(batch):
        rewards_chosen = score(batch["chosen_ids"], batch["chosen_len"])
        rewards_rejected = score(batch["rejected_ids"], batch["rejected_len"])
        logits = rewards_chosen - rewards_rejected - batch['margin']
        loss = -tf.reduce_mean(tf.math.log_sigmoid(logits))
        loss += center_rewards_coefficient * tf.reduce_mean((rewards_chosen + rewards_rejected) ** 2)
        return loss

    batch = {
        "chosen_ids": rng.integers(1, V, (B, T)).astype("int32"),
        "rejected_ids": rng.integers(1, V, (B, T)).astype("int32"),
        "chosen_len": rng.integers(2, T + 1, B).astype("int32"),
        "rejected_len": rng.integers(2, T + 1, B).astype("int32"),
        "margin": np.array([0.1, 0.0, 3.0, 1.0, 2.0], "float32"),
    }
    variables = embedding.trainable_variables + backbone.trainable_variables + v_head.trainable_variables
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
