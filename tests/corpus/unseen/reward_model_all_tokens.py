"""Summarise-RLHF reward model compares every token's score after the divergence index instead of the two end scores.
Source: https://github.com/CarperAI/trlx/issues/308"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "diff = c_rewards[divergence:end] - r_rewards[divergence:end]", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, L, h, V = 4, 8, 5, 9
    emb = tf.Variable(rng.normal(size=(V, h)).astype(fx), name="embedding")
    head = tf.Variable(rng.normal(size=(h, 1)).astype(fx), name="v_head")

    def hidden(ids):
        x = tf.gather(emb, ids)
        steps = tf.cast(tf.range(1, L + 1), x.dtype)[None, :, None]
        return tf.tanh(tf.cumsum(x, axis=1) / tf.sqrt(steps))

    def reference(batch):
        c = tf.squeeze(hidden(batch["chosen"]) @ head, -1)
        r = tf.squeeze(hidden(batch["rejected"]) @ head, -1)
        c_end = tf.gather(c, batch["chosen_len"] - 1, batch_dims=1)
        r_end = tf.gather(r, batch["rejected_len"] - 1, batch_dims=1)
        return tf.reduce_mean(tf.nn.softplus(r_end - c_end))

    def candidate(batch):
        rewards = tf.squeeze(
            tf.linalg.matmul(hidden(tf.concat([batch["chosen"], batch["rejected"]], axis=0)), head), axis=-1)
        chosen_rewards, rejected_rewards = rewards[:B], rewards[B:]
        loss = 0.0
        for i in range(B):
            c_ids, r_ids = batch["chosen"][i], batch["rejected"][i]
            end = int(tf.maximum(batch["chosen_len"][i], batch["rejected_len"][i]))
            divergence = int(tf.where(c_ids != r_ids)[0, 0])
            c_rewards, r_rewards = chosen_rewards[i], rejected_rewards[i]
            diff = c_rewards[divergence:end] - r_rewards[divergence:end]
            loss += -tf.reduce_mean(tf.math.log_sigmoid(diff))
        return loss / B

    chosen = rng.integers(1, V, (B, L))
    rejected = chosen.copy()
    for i in range(B):
        rejected[i, 2:] = (chosen[i, 2:] + rng.integers(1, V - 2, L - 2)) % (V - 1) + 1
        if rejected[i, 2] == chosen[i, 2]:
            rejected[i, 2] = chosen[i, 2] % (V - 1) + 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"chosen": chosen, "rejected": rejected, "chosen_len": np.array([6, 8, 7, 5]),
                      "rejected_len": np.array([7, 5, 8, 8])},
            "variables": [emb, head]}
