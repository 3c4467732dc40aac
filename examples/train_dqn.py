"""DQN on a toy problem, as a whole training script. One line is wrong: the script runs, and learns badly.

python examples/train_dqn.py
gradcheck run --save-case dqn_case.py examples/train_dqn.py
"""

import collections
import random

import keras
import numpy as np
import tensorflow as tf

GAMMA, ACTIONS, BATCH_SIZE, STEPS = 0.95, 3, 32, 100


def network(name):
    layers = [
        keras.layers.Dense(16, activation="tanh", name="hidden"),
        keras.layers.Dense(ACTIONS, name="value"),
    ]
    return keras.Sequential([keras.Input((4,)), *layers], name=name)


keras.utils.set_random_seed(0)
online, target = network("online"), network("target")
optimizer = keras.optimizers.Adam(1e-2)
memory = collections.deque(maxlen=1000)


@tf.function
def train_step(states, actions, rewards, next_states, done):
    future = tf.reduce_max(target(next_states), axis=1)
    with tf.GradientTape() as tape:
        chosen = tf.reduce_sum(online(states) * tf.one_hot(actions, ACTIONS), axis=1, keepdims=True)
        errors = rewards + GAMMA * (1.0 - done) * future - chosen
        loss = tf.reduce_mean(tf.square(errors))
    gradients = tape.gradient(loss, online.trainable_variables)
    optimizer.apply_gradients(zip(gradients, online.trainable_variables, strict=True))
    return loss


def act(state, explore):
    if random.random() < explore:
        return random.randrange(ACTIONS)
    return int(tf.argmax(online(state[None])[0]))


def main():
    state = np.random.normal(size=4).astype("float32")
    for step in range(STEPS):
        action = act(state, explore=1.0 - step / STEPS)
        next_state = np.random.normal(size=4).astype("float32")
        reward = float(action == np.argmax(state[:ACTIONS]))
        memory.append((state, action, reward, next_state, float(step % 20 == 19)))
        state = next_state
        if len(memory) >= BATCH_SIZE:
            states, actions, rewards, next_states, done = zip(*random.sample(memory, BATCH_SIZE), strict=True)
            loss = train_step(
                tf.stack(states),
                tf.constant(actions),
                tf.constant(rewards),
                tf.stack(next_states),
                tf.constant(done),
            )
        if step % 20 == 19:
            target.set_weights(online.get_weights())
    print(f"loss {loss:.4f}")


if __name__ == "__main__":
    main()
