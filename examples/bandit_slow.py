"""A bandit agent that is trained with a loop over the samples of an epoch.

From a question by Stefano Testoni on Stack Overflow.
It learns; `bandit_fast.py`, with array operations, often does not.

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
        cum_actor_loss, cum_critic_loss, cum_reward = 0, 0, 0
        with tf.GradientTape() as actor_tape, tf.GradientTape() as critic_tape:
            for A_sample, B_sample in zip(A_samples, B_samples, strict=True):
                probs = actor(tf.reshape([A_sample, B_sample], (1, -1)))[0]
                action = np.random.choice(["A", "B"], p=np.squeeze(probs))
                reward = 1 if action == "A" else 0
                cum_reward += reward
                action_prob = probs[["A", "B"].index(action)]
                value = critic(tf.reshape([A_sample, B_sample], (1, -1)))[0]
                advantage = reward - value
                cum_actor_loss += -tf.math.log(action_prob) * advantage
                cum_critic_loss += advantage**2
            mean_actor_loss = cum_actor_loss / n_samples
            mean_critic_loss = cum_critic_loss / n_samples
        mean_rewards[n].append(cum_reward / n_samples)
        actor_grads = actor_tape.gradient(mean_actor_loss, actor.trainable_variables)
        actor_opts[n].apply_gradients(zip(actor_grads, actor.trainable_variables, strict=True))
        critic_grads = critic_tape.gradient(mean_critic_loss, critic.trainable_variables)
        critic_opts[n].apply_gradients(zip(critic_grads, critic.trainable_variables, strict=True))
