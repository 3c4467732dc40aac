"""The target of the Q model lacks a stop_gradient, so the training variables are also moved towards the
prediction through the next state. Source: https://github.com/tensorforce/tensorforce/pull/80"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "q_target = batch['rewards'] + (1.0 - terminal) * discount * next_value",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, s, h, a, discount = 6, 3, 5, 3, 0.9
    states, next_states = normal(b, s), normal(b, s)
    actions = rng.integers(0, a, b).astype("int32")
    rewards = normal(b)
    terminals = np.array([0, 0, 1, 0, 0, 0], dtype="int32")
    w1 = var("w1", s, h)
    w2 = var("w2", h, a)

    def network(x):
        return tf.matmul(tf.nn.relu(tf.matmul(x, w1)), w2)

    def reference(batch):
        q_all = network(batch["states"])
        q_taken = tf.reduce_sum(q_all * tf.one_hot(batch["actions"], a, dtype=q_all.dtype), axis=1)
        best = tf.reduce_max(network(batch["next_states"]), axis=1)
        cont = 1.0 - tf.cast(batch["terminals"], q_all.dtype)
        goal = tf.stop_gradient(batch["rewards"] + cont * discount * best)
        delta = goal - q_taken
        return tf.reduce_mean(tf.where(tf.abs(delta) < 1.0, 0.5 * delta ** 2, tf.abs(delta) - 0.5))

    def candidate(batch):
        terminal = tf.cast(batch["terminals"], batch["rewards"].dtype)
        training_output = network(batch["states"])
        target_output = network(batch["next_states"])
        next_value = tf.reduce_max(target_output, axis=1)
        q_value = tf.gather(training_output, batch["actions"], batch_dims=1)
        q_target = batch['rewards'] + (1.0 - terminal) * discount * next_value
        delta = q_target - q_value
        huber = tf.where(tf.abs(delta) < 1.0, 0.5 * tf.square(delta), tf.abs(delta) - 0.5)
        return tf.reduce_mean(huber)

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": states, "next_states": next_states, "actions": actions, "rewards": rewards,
                      "terminals": terminals}, "variables": [w1, w2]}
