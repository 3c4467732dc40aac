"""TD3-BC: the behaviour-cloning term is already averaged when it is added to the per-sample policy loss; after the final mean nothing changes. Source: https://github.com/google-deepmind/acme/issues/219"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, obs, act, bc_alpha = 8, 5, 3, 2.5
    policy = tf.keras.Sequential([
        tf.keras.layers.Dense(16, activation="relu", kernel_initializer=tf.keras.initializers.GlorotUniform(seed=seed)),
        tf.keras.layers.Dense(act, activation="tanh", kernel_initializer=tf.keras.initializers.GlorotUniform(seed=seed + 1)),
    ])
    policy.build((None, obs))
    c1 = rng.normal(0, 0.5, (obs + act, 16)).astype("float32")
    c2 = rng.normal(0, 0.5, (16, 1)).astype("float32")

    def critic(observation, action):
        return tf.squeeze(tf.nn.elu(tf.concat([observation, action], -1) @ c1) @ c2, -1)

    def dq_da_at(observation, action):
        action = tf.stop_gradient(action)
        with tf.GradientTape() as tape:
            tape.watch(action)
            q = tf.reduce_sum(critic(observation, action))
        return tf.stop_gradient(tape.gradient(q, action))

    def dpg_loss(a_t, dqda_t):
        target = tf.stop_gradient(dqda_t + a_t)
        return 0.5 * tf.reduce_mean(tf.square(target - a_t), axis=-1)

    def reference(batch):
        action = policy(batch["observation"])
        dq_da = dq_da_at(batch["observation"], action)
        bc_factor = tf.stop_gradient(bc_alpha / tf.reduce_mean(tf.abs(dq_da)))
        loss = tf.reduce_mean(dpg_loss(action, dq_da))
        return loss + tf.reduce_mean(tf.square(action - batch["action"])) / bc_factor

    def candidate(batch):
        action = policy(batch["observation"])
        dq_da = dq_da_at(batch["observation"], action)
        loss = dpg_loss(action, dq_da)
        bc_factor = tf.stop_gradient(bc_alpha / tf.reduce_mean(tf.abs(dq_da)))
        loss += tf.reduce_mean(tf.square(action - batch["action"])) / bc_factor
        return tf.reduce_mean(loss)

    batch = {
        "observation": rng.normal(size=(n, obs)).astype("float32"),
        "action": np.tanh(rng.normal(size=(n, act))).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": policy.trainable_variables}
