"""DDPG: the actor is trained with dQ/da of the batch sum of the critic's output instead of its mean, n times too much.

Source (real): https://github.com/IntelLabs/coach/pull/344 (TensorFlow 1; the fix adds a reduce_mean in the DDPG critic head).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "action_gradients = tape.gradient(q_output, critic_actions)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 22, 5, 7, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w1 = tf.Variable(0.6 * arr(d, hid), name="actor_in")
    w2 = tf.Variable(0.5 * arr(hid, acts), name="actor_out")
    c1 = tf.constant(0.5 * arr(d + acts, hid))
    c2 = tf.constant(arr(hid, 1))
    batch = {"obs": arr(n, d)}

    def actor(obs):
        return tf.tanh(tf.nn.relu(obs @ w1) @ w2)

    def critic(obs, act):
        return tf.tanh(tf.concat([obs, act], axis=-1) @ c1) @ c2

    def reference(b):
        return -tf.reduce_mean(critic(b["obs"], actor(b["obs"])))

    def candidate(b):
        critic_actions = tf.identity(actor(b["obs"]))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(critic_actions)
            q_output = critic(b["obs"], critic_actions)
        action_gradients = tape.gradient(q_output, critic_actions)
        policy_mean = actor(b["obs"])
        return tf.reduce_sum(policy_mean * tf.stop_gradient(-action_gradients))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
