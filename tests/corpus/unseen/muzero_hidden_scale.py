"""MuZero unroll: the paper halves the gradient at every hidden state, this trainer passes it on whole.
Source: https://github.com/werner-duvaud/muzero-general/issues/22"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "hidden_state = tf.tanh(pre)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, K, d, h, n_act = 5, 4, 4, 6, 3

    def var(name, *s):
        return tf.Variable(rng.standard_normal(s) * 0.6, dtype=fx, name=name)

    rep, dyn, val, pol = var("rep", d, h), var("dyn", h + n_act, h), var("val", h, 1), var("pol", h, n_act)

    def reference(batch):
        def half_gradient(t):
            return 0.5 * t + tf.stop_gradient(0.5 * t)

        s = tf.tanh(batch["obs"] @ rep)
        loss = tf.zeros([n], s.dtype)
        for k in range(K):
            a = tf.one_hot(batch["act"][:, k], n_act, dtype=s.dtype)
            s = half_gradient(tf.tanh(tf.concat([s, a], 1) @ dyn))
            loss += tf.square((s @ val)[:, 0] - batch["z"][:, k]) / K
            loss += tf.nn.softmax_cross_entropy_with_logits(batch["pi"][:, k], s @ pol) / K
        return tf.reduce_mean(loss)

    def candidate(batch):
        hidden_state = tf.tanh(tf.matmul(batch["obs"], rep))
        predictions = []
        for i in range(K):
            action = tf.one_hot(batch["act"][:, i], n_act, dtype=hidden_state.dtype)
            pre = tf.matmul(tf.concat([hidden_state, action], axis=1), dyn)
            hidden_state = tf.tanh(pre)
            value = tf.squeeze(tf.matmul(hidden_state, val), -1)
            policy_logits = tf.matmul(hidden_state, pol)
            predictions.append((value, policy_logits))
        value_loss, policy_loss = 0.0, 0.0
        for i, (value, policy_logits) in enumerate(predictions):
            value_loss += tf.square(value - batch["z"][:, i])
            policy_loss += -tf.reduce_sum(batch["pi"][:, i] * tf.nn.log_softmax(policy_logits), axis=1)
        return tf.reduce_mean(value_loss + policy_loss) / K

    pi = rng.uniform(0.1, 1, (n, K, n_act))
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, d)).astype(fx),
                      "act": rng.integers(0, n_act, (n, K)).astype("int32"),
                      "z": rng.standard_normal((n, K)).astype(fx),
                      "pi": (pi / pi.sum(-1, keepdims=True)).astype(fx)},
            "variables": [rep, dyn, val, pol]}
