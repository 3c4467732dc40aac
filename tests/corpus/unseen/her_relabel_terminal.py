"""HER batches relabel goals and rewards, but the Bellman target still uses the stored terminal flags, so
a transition that now reaches its goal keeps bootstrapping. Source: https://github.com/rail-berkeley/rlkit/issues/96"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'not_done = 1.0 - batch["terminals"]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, od, gd, ad = 8, 4, 2, 2
    qf = keras.Sequential([keras.layers.Dense(10, activation="tanh"), keras.layers.Dense(1)], name="qf")
    qf.build((None, od + gd + ad))
    tw = rng.standard_normal((od + gd + ad, 1)).astype(fx)
    gamma = 0.98

    def reference(batch):
        goal = batch["relabelled_goal"]
        s = tf.concat([batch["obs"], goal], axis=-1)
        s2 = tf.concat([batch["next_obs"], goal], axis=-1)
        reached = tf.norm(batch["next_achieved"] - goal, axis=-1) < 0.5
        reached = tf.cast(reached, s.dtype)
        v_next = tf.squeeze(tf.concat([s2, batch["next_act"]], axis=-1) @ tw, -1)
        y = reached + gamma * (1.0 - reached) * v_next
        q = qf(tf.concat([s, batch["act"]], axis=-1))[:, 0]
        return tf.reduce_mean(tf.square(q - tf.stop_gradient(y)))

    def candidate(batch):
        goal = batch["relabelled_goal"]

        def with_goal(o, a):
            return tf.concat([o, goal, a], axis=1)

        dist = tf.sqrt(tf.reduce_sum((batch["next_achieved"] - goal) ** 2, axis=1, keepdims=True))
        rewards = tf.where(dist < 0.5, tf.ones_like(dist), tf.zeros_like(dist))
        not_done = 1.0 - batch["terminals"]
        target_q_values = tf.matmul(with_goal(batch["next_obs"], batch["next_act"]), tw)
        q_target = tf.stop_gradient(rewards + not_done * gamma * target_q_values)
        q_pred = qf(with_goal(batch["obs"], batch["act"]))
        return tf.reduce_mean((q_pred - q_target) ** 2)

    goal = rng.standard_normal((n, gd))
    ach = goal + np.where(np.arange(n)[:, None] % 2 == 0, 0.1, 2.0) * np.sign(rng.standard_normal((n, gd)))
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, od)).astype(fx),
                      "next_obs": rng.standard_normal((n, od)).astype(fx),
                      "act": rng.standard_normal((n, ad)).astype(fx),
                      "next_act": rng.standard_normal((n, ad)).astype(fx),
                      "relabelled_goal": goal.astype(fx), "next_achieved": ach.astype(fx),
                      "terminals": (np.arange(n)[:, None] == 5).astype(fx)},
            "variables": qf.trainable_variables}
