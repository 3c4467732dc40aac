"""SAC's actor and critic on a toy problem, as a whole training script. One line is wrong.

python examples/train_sac.py
gradcheck run --save-case sac_case.py examples/train_sac.py
"""

import keras
import numpy as np
import tensorflow as tf

LOG_TWO_PI = float(np.log(2 * np.pi))


def network(name, inputs, outputs):
    layers = [
        keras.layers.Dense(16, activation="tanh", name="hidden"),
        keras.layers.Dense(outputs, name="last"),
    ]
    return keras.Sequential([keras.Input((inputs,)), *layers], name=name)


class Agent:
    """The networks, and a step of training for each."""

    def __init__(self, states, actions, temperature=0.2):
        self.actor = network("actor", states, 2 * actions)
        self.critic, self.twin = (network(name, states + actions, 1) for name in ("critic", "twin"))
        self.temperature = temperature
        self.actor_optimizer, self.critic_optimizer = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3)

    def sampled(self, states, noise):
        """Return actions (n, k), squashed to (-1, 1), and their log-probabilities (n,)."""
        mean, log_scale = tf.split(self.actor(states), 2, axis=1)
        actions = tf.tanh(mean + tf.exp(log_scale) * noise)
        log_normal = -0.5 * (tf.square(noise) + LOG_TWO_PI) - log_scale
        return actions, tf.reduce_sum(log_normal - tf.math.log(1.0 - tf.square(actions) + 1e-4), axis=1)

    def value(self, states, actions):
        both = tf.concat([states, actions], axis=1)
        return tf.minimum(self.critic(both)[:, 0], self.twin(both))

    def train_actor(self, states, noise):
        with tf.GradientTape() as tape:
            actions, log_probs = self.sampled(states, noise)
            loss = tf.reduce_mean(self.temperature * log_probs - self.value(states, actions))
        gradients = tape.gradient(loss, self.actor.trainable_variables)
        self.actor_optimizer.apply_gradients(zip(gradients, self.actor.trainable_variables, strict=True))
        return loss

    def train_critic(self, states, actions, rewards):
        with tf.GradientTape() as tape:
            both = tf.concat([states, actions], axis=1)
            errors = [rewards - critic(both)[:, 0] for critic in (self.critic, self.twin)]
            loss = tf.reduce_mean(tf.square(errors[0]) + tf.square(errors[1]))
        variables = self.critic.trainable_variables + self.twin.trainable_variables
        self.critic_optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss


def main():
    keras.utils.set_random_seed(0)
    agent = Agent(states=3, actions=2)
    for _ in range(20):
        states, actions = tf.random.normal((16, 3)), tf.random.uniform((16, 2), -1.0, 1.0)
        rewards = -tf.reduce_sum(tf.square(actions - states[:, :2]), axis=1)
        critic_loss = agent.train_critic(states, actions, rewards)
        actor_loss = agent.train_actor(states, noise=tf.random.normal((16, 2)))
    print(f"critic {critic_loss:.4f}, actor {actor_loss:.4f}")


if __name__ == "__main__":
    main()
