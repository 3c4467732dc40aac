"""MADDPG actor update: the offset into the joint action gradient is advanced outside the loop over the actors, so all actors use the slice of the first agent.
Source: https://github.com/agakshat/maddpg/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'action_dims_done = action_dims_done + act_dim',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    n_agents, act_dim = 3, 2
    actors = [var(f"actor{i}", 4, act_dim) for i in range(n_agents)]
    c1, c2 = data(18, 5) * 0.5, data(5, 1)

    def critic(obs, acts):
        return tf.tanh(tf.concat([tf.reshape(obs, (-1, 12)), acts], 1) @ c1) @ c2

    def reference(batch):
        acts = tf.concat([tf.tanh(batch["obs"][:, i] @ w) for i, w in enumerate(actors)], 1)
        return -tf.reduce_mean(critic(batch["obs"], acts))

    def candidate(batch):
        def action_gradients(obs, acts):
            acts = tf.stop_gradient(acts)
            with tf.GradientTape() as tape:
                tape.watch(acts)
                q = tf.reduce_sum(critic(obs, acts))
            return tf.stop_gradient(tape.gradient(q, acts))

        total = 0.0
        for obs in tf.split(batch["obs"], [6, 7]):
            outputs = [tf.tanh(obs[:, i] @ actors[i]) for i in range(n_agents)]
            grads = action_gradients(obs, tf.concat(outputs, 1))
            action_dims_done = 0
            for out in outputs:
                part = grads[:, action_dims_done:action_dims_done + act_dim]
                total -= tf.reduce_sum(part * out)
            action_dims_done = action_dims_done + act_dim
        return total / 13.0

    return {"reference": reference, "candidate": candidate, "variables": actors, "batch": {"obs": data(13, 3, 4)}}
