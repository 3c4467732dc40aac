"""DDPG: the gradient of Q with respect to the action is divided by the batch size, and again when it is fed to the actor.

Source (real): https://github.com/floodsung/DDPG/issues/2 (TensorFlow 1; ddpg.py and actor.py both have /BATCH_SIZE).
Right answer: NOT equivalent; right direction, too small by the batch size.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "q_gradient_batch = critic_gradients(state_batch, action_batch_for_gradients) / BATCH_SIZE",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, hid = 16, 5, 2, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hid), name="actor_w1")
    w2 = tf.Variable(0.6 * arr(hid, acts), name="actor_w2")
    q_state, q_action, q_out = (tf.constant(0.6 * arr(*s)) for s in ((d, hid), (acts, hid), (hid, 1)))
    batch = {"state": arr(n, d)}

    def actor(state):
        return tf.tanh(tf.nn.elu(state @ w1) @ w2)

    def critic(state, action):
        return tf.nn.softplus(state @ q_state + action @ q_action) @ q_out

    def reference(b):
        return -tf.reduce_mean(critic(b["state"], actor(b["state"])))

    def candidate(b):
        BATCH_SIZE = b["state"].shape[0]

        def critic_gradients(state_batch, action_batch):
            with tf.GradientTape() as inner:
                inner.watch(action_batch)
                q_value = critic(state_batch, action_batch)
            return inner.gradient(q_value, action_batch)

        def actor_train(q_gradient_batch, state_batch):
            action_output = actor(state_batch)
            return tf.reduce_sum(action_output * (-q_gradient_batch / BATCH_SIZE))

        state_batch = b["state"]
        action_batch_for_gradients = tf.stop_gradient(actor(state_batch))
        q_gradient_batch = critic_gradients(state_batch, action_batch_for_gradients) / BATCH_SIZE
        return actor_train(q_gradient_batch, state_batch)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
