"""AWAC actor loss lets the gradient run through the advantage weights as well (the value baseline samples the actor), although it should only go through log pi. Source: https://github.com/ccmoony/UCB-CS285/issues/2"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "weights = tf.exp(advantages / temperature)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs, num_actions, temperature = 9, 4, 5, 1.5
    actor = tf.keras.Sequential([
        tf.keras.layers.Dense(16, activation="tanh", kernel_initializer=tf.keras.initializers.RandomNormal(0, 0.5, seed=seed)),
        tf.keras.layers.Dense(num_actions, kernel_initializer=tf.keras.initializers.RandomNormal(0, 0.5, seed=seed + 1)),
    ])
    actor.build((None, obs))
    critic = tf.Variable(rng.normal(0, 0.8, (obs, num_actions)).astype("float32"))

    def compute_advantage(observations, actions, log_probs):
        qa_values = tf.matmul(observations, critic)
        q_values = tf.gather(qa_values, actions, axis=1, batch_dims=1)
        values = tf.reduce_sum(tf.exp(log_probs) * qa_values, axis=1)
        return q_values - values

    def critic_loss(batch):
        q = tf.reduce_sum(tf.matmul(batch["observations"], critic) * tf.one_hot(batch["actions"], num_actions), -1)
        return tf.reduce_mean(tf.square(q - batch["targets"]))

    def reference(batch):
        log_probs = tf.nn.log_softmax(actor(batch["observations"]))
        adv = tf.stop_gradient(compute_advantage(batch["observations"], batch["actions"], log_probs))
        logp = tf.gather(log_probs, batch["actions"], axis=1, batch_dims=1)
        return -tf.reduce_mean(logp * tf.exp(adv / temperature)) + critic_loss(batch)

    def candidate(batch):
        log_probs = tf.nn.log_softmax(actor(batch["observations"]))
        advantages = compute_advantage(batch["observations"], batch["actions"], log_probs)
        weights = tf.exp(advantages / temperature)
        logp = tf.gather(log_probs, batch["actions"], axis=1, batch_dims=1)
        loss = -tf.reduce_mean(logp * weights)
        return loss + critic_loss(batch)

    batch = {
        "observations": rng.normal(size=(n, obs)).astype("float32"),
        "actions": rng.integers(0, num_actions, n).astype("int32"),
        "targets": rng.normal(size=n).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": actor.trainable_variables + [critic]}
