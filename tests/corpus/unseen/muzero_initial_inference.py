"""MuZero loss: the value/policy loss of the initial inference (k = 0), before any unroll step, is left out of the sum.
Source: https://github.com/bwfbowen/muax/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "loss += tf.add_n(step_losses[1:])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, k, od, hd, n_act = 4, 3, 5, 4, 3
    rep = tf.Variable(rng.normal(size=(od, hd)).astype(fx), name="representation")
    dyn = tf.Variable(rng.normal(size=(hd + n_act, hd)).astype(fx), name="dynamics")
    pred = tf.Variable(rng.normal(size=(hd, n_act + 1)).astype(fx), name="prediction")

    def reference(batch):
        s = tf.tanh(batch["obs"] @ rep)
        loss = 0.0
        for j in range(k + 1):
            if j > 0:
                a = tf.one_hot(batch["actions"][:, j - 1], n_act, dtype=fx)
                s = tf.tanh(tf.concat([s, a], 1) @ dyn)
                s = 0.5 * s + tf.stop_gradient(0.5 * s)
            y = s @ pred
            ce = tf.nn.softmax_cross_entropy_with_logits(batch["pi"][:, j], y[:, :n_act])
            loss += tf.reduce_mean(ce + (y[:, n_act] - batch["Rn"][:, j]) ** 2)
        return loss + 1e-3 * sum(tf.reduce_sum(w**2) for w in (rep, dyn, pred))

    def candidate(batch):
        def scale_gradient(z, g):
            return g * z + (1.0 - g) * tf.stop_gradient(z)

        states = [tf.tanh(tf.matmul(batch["obs"], rep))]
        for j in range(k):
            one_hot = tf.one_hot(batch["actions"][:, j], n_act, dtype=states[-1].dtype)
            nxt = tf.tanh(tf.matmul(tf.concat([states[-1], one_hot], axis=-1), dyn))
            states.append(scale_gradient(nxt, 0.5))
        step_losses = []
        for j, state in enumerate(states):
            logits, v = tf.split(tf.matmul(state, pred), [n_act, 1], axis=-1)
            policy_loss = -tf.reduce_sum(batch["pi"][:, j] * tf.nn.log_softmax(logits), axis=-1)
            value_loss = tf.square(tf.squeeze(v, axis=-1) - batch["Rn"][:, j])
            step_losses.append(tf.reduce_mean(policy_loss + value_loss))
        loss = 2e-3 * tf.add_n([tf.nn.l2_loss(w) for w in (rep, dyn, pred)])
        loss += tf.add_n(step_losses[1:])
        return loss

    pi = rng.gamma(1.0, size=(n, k + 1, n_act))
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": rng.normal(size=(n, od)).astype(fx),
            "actions": rng.integers(0, n_act, size=(n, k)).astype("int32"),
            "pi": (pi / pi.sum(-1, keepdims=True)).astype(fx),
            "Rn": rng.normal(size=(n, k + 1)).astype(fx),
        },
        "variables": [rep, dyn, pred],
    }
