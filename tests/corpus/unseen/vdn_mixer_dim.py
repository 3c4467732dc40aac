"""The VDN mixer sums the agents' values over the wrong dimension.
Source: https://github.com/OpenRL-Lab/openrl/pull/101"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'return tf.reduce_sum(agent_qs, axis=1, keepdims=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, T, agents, d, n_act = 4, 3, 3, 4, 3
    w1, w2 = var("w1", d, 5), var("w2", 5, n_act)
    t1, t2 = tf.constant(w1.numpy() * 0.8), tf.constant(w2.numpy() + 0.2)

    def q_net(obs, a, b):
        return tf.nn.relu(obs @ a) @ b

    def reference(batch):
        q = tf.gather(q_net(batch["obs"], w1, w2), batch["act"], batch_dims=3)
        best = tf.reduce_max(q_net(batch["next_obs"], t1, t2), axis=-1)
        joint = sum(q[:, :, i] for i in range(agents))
        joint_next = sum(best[:, :, i] for i in range(agents))
        y = batch["rew"][..., 0] + 0.9 * (1.0 - batch["done"][..., 0]) * joint_next
        return tf.reduce_sum(batch["mask"][..., 0] * (joint - y) ** 2) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        def mixer(agent_qs):
            return tf.reduce_sum(agent_qs, axis=1, keepdims=True)

        chosen = tf.gather(q_net(batch["obs"], w1, w2), batch["act"], batch_dims=3)
        target_max = tf.reduce_max(q_net(batch["next_obs"], t1, t2), axis=-1)
        q_tot, target_tot = mixer(chosen), mixer(target_max)
        targets = batch["rew"] + 0.9 * (1.0 - batch["done"]) * target_tot
        td_error = q_tot - tf.stop_gradient(targets)
        masked = batch["mask"] * tf.square(td_error)
        return tf.reduce_sum(masked) / tf.reduce_sum(batch["mask"])

    mask = np.ones((n, T, 1))
    mask[1, 2] = mask[3, 1:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, T, agents, d), "next_obs": arr(n, T, agents, d),
                      "act": rng.integers(0, n_act, (n, T, agents)), "rew": arr(n, T, 1),
                      "done": (rng.random((n, T, 1)) < 0.2).astype(f), "mask": mask.astype(f)},
            "variables": [w1, w2]}
