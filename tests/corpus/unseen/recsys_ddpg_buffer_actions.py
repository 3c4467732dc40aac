"""DDPG recommender: dQ/da for the actor update is taken at the actions of the replay buffer, not at the actor's actions.
Source: https://github.com/backgom2357/Recommender_system_via_deep_RL/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 's_grads = critic.dq_da([batch["action"], states])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, sdim, adim = 18, 6, 4
    actor_net = keras.Sequential([keras.Input((sdim,)), keras.layers.Dense(8, activation="relu", name="a1"),
                                  keras.layers.Dense(adim, activation="tanh", name="a2")])
    critic_net = keras.Sequential([keras.Input((sdim + adim,)), keras.layers.Dense(10, activation="tanh", name="c1"),
                                   keras.layers.Dense(1, name="c2")])

    def reference(batch):
        proposed = actor_net(batch["state"])
        q = critic_net(tf.concat([proposed, batch["state"]], axis=1))
        return -tf.reduce_mean(q)

    def candidate(batch):
        class Critic:
            def __init__(self, network):
                self.network = network

            def dq_da(self, inputs):
                actions, states = inputs
                with tf.GradientTape() as g:
                    actions = tf.convert_to_tensor(actions)
                    g.watch(actions)
                    outputs = self.network(tf.concat([actions, states], axis=1))
                return tf.stop_gradient(g.gradient(outputs, actions))

        class Actor:
            def __init__(self, network):
                self.network = network

            def objective(self, states, dq_das):
                out = self.network(states)
                return tf.reduce_sum(-dq_das * out) / n

        actor, critic = Actor(actor_net), Critic(critic_net)
        states = batch["state"]
        s_grads = critic.dq_da([batch["action"], states])
        return actor.objective(states, s_grads)

    batch = {"state": rng.normal(size=(n, sdim)).astype(f), "action": (1.5 * rng.normal(size=(n, adim))).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": actor_net.trainable_variables}
