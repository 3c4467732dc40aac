"""DDPG: the actor's loss takes the critic's value of the replayed action, so the actor gets no gradient at all.

Source (real): https://github.com/MorvanZhou/Reinforcement-learning-with-tensorflow/pull/125 (TensorFlow 1, `a` for `self.a`: "the gradient
will always be None").
Right answer: NOT equivalent; None for the actor's weights.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'q = build_c(b["s"], a, frozen)',
    "same_forward_value": False,
}

_GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, hid, bound = 28, 3, 1, 8, 2.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    a1 = tf.Variable(0.6 * arr(d, hid), name="actor_l1")
    a2 = tf.Variable(0.6 * arr(hid, acts), name="actor_a")
    w1_s = tf.Variable(0.5 * arr(d, hid), name="critic_w1_s")
    w1_a = tf.Variable(0.5 * arr(acts, hid), name="critic_w1_a")
    b1 = tf.Variable(0.1 * arr(hid), name="critic_b1")
    w2 = tf.Variable(0.4 * arr(hid, 1), name="critic_w2")
    target = [tf.constant(0.4 * arr(*v.shape)) for v in (w1_s, w1_a, b1, w2)]
    batch = {"s": arr(n, d), "a": (bound * np.tanh(arr(n, acts))).astype(f), "r": arr(n, 1), "s_": arr(n, d)}
    a_target = tf.constant(0.3 * arr(d, acts))

    def build_a(s):
        return bound * tf.tanh(tf.nn.relu(s @ a1) @ a2)

    def build_c(s, a, params):
        ws, wa, bb, wo = params
        return tf.nn.elu(s @ ws + a @ wa + bb) @ wo

    def reference(b):
        q_next = build_c(b["s_"], bound * tf.tanh(b["s_"] @ a_target), target)
        err = b["r"] + _GAMMA * q_next - build_c(b["s"], b["a"], (w1_s, w1_a, b1, w2))
        fixed_critic = [tf.stop_gradient(v) for v in (w1_s, w1_a, b1, w2)]
        performance = tf.reduce_mean(build_c(b["s"], build_a(b["s"]), fixed_critic))
        return tf.reduce_mean(err**2) - performance

    def candidate(b):
        s, a = b["s"], b["a"]
        params = (w1_s, w1_a, b1, w2)
        frozen = tuple(tf.stop_gradient(p) for p in params)
        a_ = bound * tf.tanh(b["s_"] @ a_target)
        q_ = build_c(b["s_"], a_, target)
        q_target = b["r"] + _GAMMA * q_
        td_error = tf.reduce_mean(tf.math.squared_difference(q_target, build_c(s, a, params)))
        q = build_c(b["s"], a, frozen)
        a_loss = -tf.reduce_mean(q)
        return td_error + a_loss

    variables = [a1, a2, w1_s, w1_a, b1, w2]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
