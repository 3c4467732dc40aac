"""A bandit agent that is trained with array operations.

From a question by Stefano Testoni on Stack Overflow.
It should do the same as `bandit_slow.py`, and often does not learn.

    gradcheck diff examples/bandit_slow.py examples/bandit_fast.py

runs both scripts and compares the first gradients that they take.
"""

import keras
import numpy as np
import tensorflow as tf
from keras.layers import Dense, Input

n_sims = 1
n_training_epochs = 1000
n_samples = 100

actors, critics, actor_opts, critic_opts, mean_rewards = [], [], [], [], []
for _ in range(n_sims):
    actor_input = Input(shape=(2,))
    actors.append(keras.Model(actor_input, Dense(2, activation="softmax")(actor_input)))
    actor_opts.append(keras.optimizers.Adam(learning_rate=0.1))
    critic_input = Input(shape=(2,))
    critics.append(keras.Model(critic_input, Dense(1, activation="softmax")(critic_input)))
    critic_opts.append(keras.optimizers.Adam(learning_rate=0.1))
    mean_rewards.append([])

A = np.random.normal(loc=10, scale=15, size=int(1e5))
B = np.random.normal(loc=0, scale=1, size=int(1e5))

for _ in range(n_training_epochs):
    A_samples = np.random.choice(A, size=n_samples)
    B_samples = np.random.choice(B, size=n_samples)
    for n in range(n_sims):
        actor, critic = actors[n], critics[n]
        with tf.GradientTape() as actor_tape, tf.GradientTape() as critic_tape:
            states = [[A_sample, B_sample] for A_sample, B_sample in zip(A_samples, B_samples, strict=True)]
            probs = actor(tf.reshape(states, (n_samples, -1)))
            actions = [np.random.choice(["A", "B"], p=np.squeeze(probs[i])) for i in range(n_samples)]
            rewards = np.array([1.0 if action == "A" else 0.0 for action in actions]).reshape(n_samples, -1)
            values = critic(tf.reshape(states, (n_samples, -1)))
            advantages = rewards + tf.math.negative(values)
            actions_num = [["A", "B"].index(action) for action in actions]
            action_probs = tf.reduce_sum(tf.one_hot(actions_num, 2) * probs, axis=1)
            mean_actor_loss = -tf.reduce_mean(advantages * tf.math.log(action_probs))
            mean_critic_loss = tf.reduce_mean(tf.pow(advantages, 2))
        mean_rewards[n].append(np.mean(rewards))
        actor_grads = actor_tape.gradient(mean_actor_loss, actor.trainable_variables)
        actor_opts[n].apply_gradients(zip(actor_grads, actor.trainable_variables, strict=True))
        critic_grads = critic_tape.gradient(mean_critic_loss, critic.trainable_variables)
        critic_opts[n].apply_gradients(zip(critic_grads, critic.trainable_variables, strict=True))
