"""DDPG on a graph encoder detaches the current critic value instead of the target value in learn_one_step.
Source: https://github.com/Jacklinkk/Graph_CAVs/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "stop_gradient",
            "line_marker": "critic_value = tf.stop_gradient(critic(batch[\"x\"], batch[\"adj\"], batch[\"action\"]))",
            "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, n, f, h, gamma = 4, 3, 4, 5, 0.9
    gw = tf.Variable(rng.normal(size=(f, h)).astype(fx), name="gcn_w")
    qw = tf.Variable(rng.normal(size=(h + 1, 1)).astype(fx), name="q_w")
    pw = tf.Variable(rng.normal(size=(f, 1)).astype(fx), name="policy_w")

    def reference(batch):
        losses = []
        for i in range(B):
            node = tf.nn.softplus(batch["adj"][i] @ batch["x"][i] @ gw)
            q = tf.concat([node, batch["action"][i]], -1) @ qw
            y = batch["reward"][i] + gamma * batch["q_next"][i]
            err = tf.reduce_mean((q - y) ** 2)
            act = tf.tanh(batch["x"][i] @ pw)
            f_node, f_q = tf.stop_gradient(node), tf.stop_gradient(qw)
            losses.append(err - tf.reduce_mean(tf.concat([f_node, act], -1) @ f_q))
        return tf.add_n(losses) / B

    def candidate(batch):
        def critic(x, adj, action, frozen=False):
            g, q = (tf.stop_gradient(gw), tf.stop_gradient(qw)) if frozen else (gw, qw)
            z = tf.nn.softplus(tf.einsum("bij,bjf,fh->bih", adj, x, g))
            return tf.einsum("bik,ko->bio", tf.concat([z, action], axis=-1), q)

        target = batch["reward"] + gamma * batch["q_next"]
        critic_value = tf.stop_gradient(critic(batch["x"], batch["adj"], batch["action"]))
        critic_loss = tf.reduce_mean(tf.square(target - critic_value))
        policy_action = tf.tanh(tf.einsum("bif,fo->bio", batch["x"], pw))
        policy_loss = -tf.reduce_mean(critic(batch["x"], batch["adj"], policy_action, frozen=True))
        return critic_loss + policy_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(B, n, f)).astype(fx), "adj": rng.uniform(size=(B, n, n)).astype(fx),
                      "action": rng.normal(size=(B, n, 1)).astype(fx), "reward": rng.normal(size=(B, n, 1)).astype(fx),
                      "q_next": rng.normal(size=(B, n, 1)).astype(fx)},
            "variables": [gw, qw, pw]}
