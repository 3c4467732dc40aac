"""MADDPG: the actor of agent i is trained with the joint action of the replay buffer; its own output never reaches the critic.

Source (real): https://github.com/KornbergFresnel/ModelRepo/issues/2 (TensorFlow 1, MADDPG and DDPG).
Right answer: NOT equivalent. There is no path from the loss to the weights of the actor (gradient None).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'joint = tf.reshape(b["act_n"], [tf.shape(b["act_n"])[0], agents * act_dim])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, agents, d, act_dim, hid, who = 18, 3, 4, 2, 6, 1

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    actor_h = tf.Variable(0.6 * arr(d, hid), name="actor_h")
    actor_o = tf.Variable(0.6 * arr(hid, act_dim), name="actor_o")
    k1 = tf.constant(0.4 * arr(agents * (d + act_dim), hid))
    k2 = tf.constant(0.6 * arr(hid, 1))
    batch = {"obs_n": arr(n, agents, d), "act_n": np.tanh(arr(n, agents, act_dim))}

    def actor(obs):
        return tf.tanh(tf.nn.relu(obs @ actor_h) @ actor_o)

    def critic(obs_flat, act_flat):
        return tf.tanh(tf.concat([obs_flat, act_flat], 1) @ k1) @ k2

    def reference(b):
        act = tf.unstack(b["act_n"], axis=1)
        act[who] = actor(b["obs_n"][:, who])
        flat_obs = keras.ops.reshape(b["obs_n"], (-1, agents * d))
        return -keras.ops.mean(critic(flat_obs, keras.ops.concatenate(act, axis=1)))

    def candidate(b):
        obs_i = b["obs_n"][:, who]
        policy_out = actor(obs_i)
        tf.debugging.assert_equal(tf.shape(policy_out), tf.shape(b["act_n"][:, who]))
        state = tf.reshape(b["obs_n"], [tf.shape(obs_i)[0], agents * d])
        joint = tf.reshape(b["act_n"], [tf.shape(b["act_n"])[0], agents * act_dim])
        q_value = critic(state, joint)
        return -tf.reduce_mean(q_value)

    return {"variables": [actor_h, actor_o], "batch": batch, "reference": reference, "candidate": candidate}
