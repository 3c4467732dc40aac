"""A3C: log_prob (n,) times td (n, 1) is a matrix of all pairs, so each action is judged by the sum over all time steps.

Source (real): https://github.com/MorvanZhou/pytorch-A3C/issues/5 (PyTorch, loss_func, ported; mended with squeeze()).
Right answer: NOT equivalent; the critic is not touched by it, the policy is.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "exp_v = log_prob(logits, b[\"a\"]) * tf.stop_gradient(td)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, s_dim, hid, a_dim = 19, 4, 6, 3

    def var(name, *s):
        return tf.Variable((0.5 * rng.standard_normal(s)).astype(f), name=name)

    pi1, pi2, v1, v2 = var("pi1", s_dim, hid), var("pi2", hid, a_dim), var("v1", s_dim, hid), var("v2", hid, 1)
    batch = {
        "s": rng.standard_normal((n, s_dim)).astype(f),
        "a": rng.integers(0, a_dim, n),
        "v_t": (1.0 + rng.standard_normal((n, 1))).astype(f),
    }

    def reference(b):
        actor_critic = []
        for s, a, target in zip(tf.split(b["s"], n), b["a"].numpy(), b["v_t"]):
            value = tf.squeeze(tf.tanh(s @ v1) @ v2)
            p = tf.squeeze(tf.nn.softmax(tf.tanh(s @ pi1) @ pi2), 0)
            advantage = target[0] - value
            actor_critic.append(tf.square(advantage) - tf.math.log(p[a]) * tf.stop_gradient(advantage))
        return tf.reduce_mean(actor_critic)

    def candidate(b):
        def log_prob(logits, actions):
            return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=actions, logits=logits)

        def forward(x):
            return tf.matmul(tf.tanh(tf.matmul(x, pi1)), pi2), tf.matmul(tf.tanh(tf.matmul(x, v1)), v2)

        logits, values = forward(b["s"])
        td = b["v_t"] - values
        c_loss = tf.square(td)
        exp_v = log_prob(logits, b["a"]) * tf.stop_gradient(td)
        a_loss = -exp_v
        return tf.reduce_mean(c_loss + a_loss)

    return {"variables": [pi1, pi2, v1, v2], "batch": batch, "reference": reference, "candidate": candidate}
