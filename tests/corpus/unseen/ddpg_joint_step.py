"""DDPG stock trader sums the critic and the actor loss and takes one backward pass, so the critic is also pushed to
raise Q at the policy's action. Source: https://github.com/JoshuaWu1997/PyTorch-DDPG-Stock-Trading/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "stop_gradient",
            "line_marker": "q_pi = critic(batch[\"state\"], actor(batch[\"state\"]), c1, c2)", "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, s, a, h, gamma = 6, 4, 2, 5, 0.9
    aw = tf.Variable(rng.normal(size=(s, a)).astype(fx), name="actor_w")
    c1 = tf.Variable(rng.normal(size=(s + a, h)).astype(fx), name="critic_1")
    c2 = tf.Variable(rng.normal(size=(h, 1)).astype(fx), name="critic_2")

    def reference(batch):
        def q(sa, k1, k2):
            return tf.reshape(tf.nn.elu(sa @ k1) @ k2, [-1])

        y = batch["reward"] + gamma * batch["target_q"]
        td = q(tf.concat([batch["state"], batch["action"]], 1), c1, c2) - y
        pi = tf.nn.softmax(batch["state"] @ aw)
        frozen1, frozen2 = tf.stop_gradient(c1), tf.stop_gradient(c2)
        policy_term = q(tf.concat([batch["state"], pi], 1), frozen1, frozen2)
        return tf.reduce_mean(td ** 2) - tf.reduce_mean(policy_term)

    def candidate(batch):
        def actor(state):
            return tf.nn.softmax(tf.matmul(state, aw), axis=-1)

        def critic(state, action, k1, k2):
            hidden = tf.nn.elu(tf.matmul(tf.concat([state, action], axis=-1), k1))
            return tf.squeeze(tf.matmul(hidden, k2), -1)

        y_batch = tf.stop_gradient(batch["reward"] + gamma * batch["target_q"])
        q_batch = critic(batch["state"], batch["action"], c1, c2)
        critic_loss = tf.reduce_mean(tf.square(y_batch - q_batch))
        q_pi = critic(batch["state"], actor(batch["state"]), c1, c2)
        actor_loss = -tf.reduce_mean(q_pi)
        return critic_loss + actor_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(B, s)).astype(fx),
                      "action": rng.dirichlet(np.ones(a), B).astype(fx),
                      "reward": rng.normal(size=B).astype(fx), "target_q": rng.normal(size=B).astype(fx)},
            "variables": [aw, c1, c2]}
