"""The DDPG actor objective evaluates the critic at the action of the transition, so
the gradient of the actor is always None. Source: https://github.com/MorvanZhou/Reinforcement-learning-with-tensorflow/pull/124"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'disconnected',
    "line_marker": 'a_in = batch["action"]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, d, m = 6, 4, 2
    a_w1, a_w2 = var("a_w1", d, 6), var("a_w2", 6, m)
    c_ws, c_wa, c_out = var("c_ws", d, 7), var("c_wa", m, 7), var("c_out", 7, 1)

    def actor(s):
        return 2.0 * tf.tanh(tf.nn.relu(s @ a_w1) @ a_w2)

    def critic(s, a):
        return tf.nn.tanh(s @ c_ws + a @ c_wa) @ c_out

    def reference(batch):
        q_pi = critic(batch["state"], actor(batch["state"]))
        reg = tf.reduce_mean(tf.square(critic(batch["state"], batch["action"]) - batch["target"]))
        return reg - tf.reduce_mean(q_pi)

    def candidate(batch):
        s = batch["state"]
        q = critic(s, batch["action"])
        td_loss = tf.reduce_mean((batch["target"] - q) ** 2)
        a_in = batch["action"]
        a_obj = tf.reduce_mean(critic(s, a_in))
        return td_loss - a_obj

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": arr(n, d), "action": arr(n, m), "target": arr(n, 1)},
            "variables": [a_w1, a_w2, c_ws, c_wa, c_out]}
