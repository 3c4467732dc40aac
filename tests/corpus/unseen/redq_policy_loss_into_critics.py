"""REDQ: one joint backward pass of critic and policy loss; the policy loss also pushes up the critics' own weights.

Source (real): https://github.com/watchernyu/REDQ/pull/3 (PyTorch, "Avoid policy loss gradients feeding back into Q networks").
Right answer: NOT equivalent; the loss has the same value and the policy's gradient is right.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'q_a_tilda = tf.concat([q_value(q, b["obs"], a_tilda) for q in q_nets], axis=1)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, hid, num_q, alpha = 20, 4, 2, 6, 3, 0.2

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    pi_mean = tf.Variable(0.5 * arr(d, acts), name="pi_mean")
    pi_std = tf.Variable(0.3 * arr(d, acts), name="pi_log_std")
    q_in = [tf.Variable(0.5 * arr(d + acts, hid), name=f"q{i}_in") for i in range(num_q)]
    q_out = [tf.Variable(0.5 * arr(hid, 1), name=f"q{i}_out") for i in range(num_q)]
    q_nets = list(zip(q_in, q_out))
    batch = {"obs": arr(n, d), "acts": np.tanh(arr(n, acts)), "y_q": arr(n, 1), "noise": arr(n, acts)}

    def q_value(net, obs, act):
        return tf.tanh(tf.concat([obs, act], 1) @ net[0]) @ net[1]

    def sample_pi(b):
        log_std = tf.tanh(b["obs"] @ pi_std)
        a = tf.tanh(b["obs"] @ pi_mean + tf.exp(log_std) * b["noise"])
        log_prob = -0.5 * tf.square(b["noise"]) - log_std - tf.math.log(1.0 - tf.square(a) + 1e-6)
        return a, tf.reduce_sum(log_prob, axis=1, keepdims=True)

    def reference(b):
        critic_loss = 0.0
        for net in q_nets:
            critic_loss += tf.reduce_mean((q_value(net, b["obs"], b["acts"]) - b["y_q"]) ** 2)
        act, logp = sample_pi(b)
        frozen = [(tf.stop_gradient(u), tf.stop_gradient(v)) for u, v in q_nets]
        mean_q = tf.add_n([q_value(net, b["obs"], act) for net in frozen]) / num_q
        return critic_loss + tf.reduce_mean(alpha * logp - mean_q)

    def candidate(b):
        q_prediction = tf.concat([q_value(q, b["obs"], b["acts"]) for q in q_nets], axis=1)
        q_loss_all = tf.reduce_mean(tf.square(q_prediction - b["y_q"])) * num_q
        a_tilda, log_prob_a_tilda = sample_pi(b)
        q_a_tilda = tf.concat([q_value(q, b["obs"], a_tilda) for q in q_nets], axis=1)
        ave_q = tf.reduce_mean(q_a_tilda, axis=1, keepdims=True)
        policy_loss = tf.reduce_mean(alpha * log_prob_a_tilda - ave_q)
        return q_loss_all + policy_loss

    return {"variables": [pi_mean, pi_std, *q_in, *q_out], "batch": batch, "reference": reference, "candidate": candidate}
