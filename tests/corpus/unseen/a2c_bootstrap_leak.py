"""Pong A2C: only the state value is detached in the advantage; the n-step reference value holds
a bootstrap by the same value net, through which the policy loss leaks.
Source: https://github.com/PacktPublishing/Deep-Reinforcement-Learning-Hands-On-Second-Edition/issues/60"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'advantage = vals_ref - tf.stop_gradient(value)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs_dim, n_act, gamma, steps, beta = 6, 4, 3, 0.95, 4, 0.01
    w = tf.Variable((rng.standard_normal((obs_dim, 7)) * 0.6).astype(fx), name="w")
    w_pi = tf.Variable((rng.standard_normal((7, n_act)) * 0.6).astype(fx), name="w_pi")
    w_v = tf.Variable((rng.standard_normal((7, 1)) * 0.6).astype(fx), name="w_v")

    def forward(x):
        h = tf.tanh(tf.matmul(x, w))
        return tf.matmul(h, w_pi), tf.matmul(h, w_v)

    def reference(batch):
        logits, v = forward(batch["states"])
        v_last = forward(batch["last_states"])[1]
        target = tf.stop_gradient(batch["rewards"] + gamma ** steps * batch["not_done"] * v_last[:, 0])
        logp = tf.nn.log_softmax(logits)
        adv = target - tf.stop_gradient(v[:, 0])
        pg = -adv * tf.reduce_sum(logp * tf.one_hot(batch["actions"], n_act, dtype=fx), axis=1)
        ent = tf.reduce_sum(tf.exp(logp) * logp, axis=1)
        return tf.reduce_mean((v[:, 0] - target) ** 2) + tf.reduce_mean(pg) + beta * tf.reduce_mean(ent)

    def candidate(batch):
        last_vals = tf.squeeze(forward(batch["last_states"])[1], -1)
        vals_ref = batch["rewards"] + last_vals * batch["not_done"] * gamma ** steps
        logits, value = forward(batch["states"])
        value = tf.squeeze(value, -1)
        loss_value = tf.reduce_mean(tf.square(value - tf.stop_gradient(vals_ref)))
        log_prob = tf.nn.log_softmax(logits, axis=1)
        advantage = vals_ref - tf.stop_gradient(value)
        log_prob_actions = advantage * tf.gather(log_prob, batch["actions"], batch_dims=1)
        loss_policy = -tf.reduce_mean(log_prob_actions)
        prob = tf.nn.softmax(logits, axis=1)
        entropy_loss = beta * tf.reduce_mean(tf.reduce_sum(prob * log_prob, axis=1))
        return entropy_loss + loss_value + loss_policy

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.standard_normal((n, obs_dim)).astype(fx),
                      "last_states": rng.standard_normal((n, obs_dim)).astype(fx),
                      "actions": rng.integers(0, n_act, n).astype("int32"),
                      "rewards": rng.standard_normal(n).astype(fx),
                      "not_done": np.array([1, 1, 0, 1, 1, 1]).astype(fx)},
            "variables": [w, w_pi, w_v]}
