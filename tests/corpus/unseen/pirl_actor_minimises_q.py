"""Physics-informed actor-critic: the actor loss is the mean Q value without the minus sign, so the policy is pushed towards
low values while the physics penalty keeps its sign.
Source: https://github.com/KanishJebaMathewM/Truxify/pull/11885"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "actor_loss = tf.reduce_mean(q_values)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, act, hid = 12, 5, 2, 7
    actor = keras.Sequential([keras.layers.Dense(8, activation="relu", name="a_h"), keras.layers.Dense(act, activation="tanh", name="a_o")])
    actor.build((None, obs))
    w1 = tf.constant(rng.standard_normal((obs + act, hid)).astype(f))
    w2 = tf.constant(rng.standard_normal((hid, 1)).astype(f))
    lam, limit = 0.3, 0.4

    def critic(s, a):
        return tf.tanh(tf.concat([s, a], 1) @ w1) @ w2

    def reference(batch):
        s = batch["states"]
        a = actor(s)
        speed = s[:, :act] + a * batch["dt"]
        over = tf.nn.relu(tf.abs(speed) - limit)
        per_sample = lam * tf.reduce_sum(over ** 2, axis=1) - critic(s, a)[:, 0]
        return tf.add_n(tf.unstack(per_sample)) / n

    class PhysicsLoss:
        def __init__(self, limit):
            self.limit = limit

        def __call__(self, velocity, accel, dt):
            nxt = velocity + accel * dt
            excess = tf.maximum(tf.abs(nxt) - self.limit, 0.0)
            return tf.reduce_mean(tf.norm(excess + 1e-30, axis=1) ** 2)

    physics = PhysicsLoss(limit)

    def candidate(batch):
        states = batch["states"]
        actions = actor(states)
        q_values = critic(states, actions)
        actor_loss = tf.reduce_mean(q_values)
        physics_loss = physics(states[:, :act], actions, batch["dt"])
        total = actor_loss + lam * physics_loss
        return total

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "states": rng.standard_normal((n, obs)).astype(f),
            "dt": np.full((n, 1), 0.5).astype(f),
        },
        "variables": actor.trainable_variables,
    }
