"""ChatLLaMA's PPO step subtracts the entropy twice (log-prob times prob already is the negative entropy), so the bonus punishes entropy instead of rewarding it. Source: https://github.com/nebuly-ai/optimate/pull/250"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "policy_loss = policy_loss - beta_s * neg_entropy",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    vocab, hidden, n, length = 7, 6, 4, 5
    eps_clip, value_eps_clip, beta_s = 0.2, 0.2, 0.1
    embed = keras.layers.Embedding(vocab, hidden, embeddings_initializer="normal")
    trunk = keras.layers.GRU(hidden, return_sequences=True)
    actor_head = keras.layers.Dense(vocab, kernel_initializer=keras.initializers.RandomNormal(stddev=1.5))
    critic_head = keras.layers.Dense(1)
    states = rng.integers(0, vocab, size=(n, length)).astype(np.int32)
    critic_head(trunk(embed(states)))
    actor_head(trunk(embed(states)))

    def forward(batch):
        h = trunk(embed(batch["states"]))
        return actor_head(h), tf.squeeze(critic_head(h), -1)

    def action_log_probs(logits, actions):
        log_probs = tf.nn.log_softmax(logits)
        return tf.gather(log_probs, actions, axis=-1, batch_dims=2)

    def value_objective(values, batch):
        clipped = batch["old_values"] + tf.clip_by_value(values - batch["old_values"], -value_eps_clip, value_eps_clip)
        unclipped_sq = tf.square(values - batch["rewards"])
        clipped_sq = tf.square(clipped - batch["rewards"])
        return tf.reduce_mean(tf.maximum(unclipped_sq, clipped_sq))

    def surrogate(logits, batch):
        ratios = tf.exp(action_log_probs(logits, batch["actions"]) - batch["old_log_probs"])
        advantages = batch["rewards"] - batch["old_values"]
        surr1 = advantages * ratios
        surr2 = tf.clip_by_value(ratios, 1 - eps_clip, 1 + eps_clip) * advantages
        return -tf.reduce_mean(tf.minimum(surr1, surr2))

    def reference(batch):
        logits, values = forward(batch)
        probs = tf.nn.softmax(logits)
        entropy = -tf.reduce_mean(tf.reduce_sum(probs * tf.nn.log_softmax(logits), axis=-1))
        loss = surrogate(logits, batch) - beta_s * entropy
        return loss + 0.5 * value_objective(values, batch)

    def candidate(batch):
        logits, values = forward(batch)
        policy_loss = surrogate(logits, batch)
        probs = tf.nn.softmax(logits)
        neg_entropy = tf.reduce_mean(tf.reduce_sum(probs * tf.nn.log_softmax(logits), axis=-1))
        policy_loss = policy_loss - beta_s * neg_entropy
        return policy_loss + 0.5 * value_objective(values, batch)

    batch = {
        "states": states,
        "actions": rng.integers(0, vocab, size=(n, length)).astype(np.int32),
        "old_log_probs": rng.normal(-1.9, 0.1, size=(n, length)).astype(np.float32),
        "old_values": rng.normal(scale=0.1, size=(n, length)).astype(np.float32),
        "rewards": rng.normal(scale=0.3, size=(n, length)).astype(np.float32),
    }
    variables = embed.trainable_variables + trunk.trainable_variables + actor_head.trainable_variables + critic_head.trainable_variables
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
