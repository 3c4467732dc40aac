"""AlphaZero for Connect Four: the policy loss is KL(network || search) where it should be KL(search || network).

Source (real): https://github.com/advait/c4a0/issues/35 (PyTorch, ported).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "policy_loss = kl_divergence(policy_pred, policy_target)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, rows, cols, ch = 18, 4, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    body = tf.Variable(0.3 * arr(rows * cols, ch), name="body")
    fc_policy = tf.Variable(0.6 * arr(ch, cols), name="fc_policy")
    fc_value = tf.Variable(0.6 * arr(ch, 2), name="fc_value")
    raw = np.exp(1.5 * arr(n, cols))
    batch = {
        "board": arr(n, rows, cols),
        "policy": (raw / raw.sum(1, keepdims=True)).astype(f),
        "q_target": np.tanh(arr(n, 2)).astype(f),
    }

    def reference(b):
        m = b["board"].shape[0]
        policy, value = 0.0, 0.0
        for i in range(m):
            x = tf.nn.relu(tf.reshape(b["board"][i], [1, -1]) @ body)
            logp = tf.nn.log_softmax(x @ fc_policy)[0]
            for a in range(cols):
                p = b["policy"][i, a]
                policy += p * (tf.math.log(p) - logp[a])
            value += tf.reduce_mean((tf.tanh(x @ fc_value)[0] - b["q_target"][i]) ** 2)
        return policy / m + value / m

    def candidate(b):
        def kl_divergence(p, q):
            return tf.reduce_mean(tf.reduce_sum(p * tf.math.log(p / q), axis=-1))

        x = keras.ops.relu(keras.ops.reshape(b["board"], (-1, rows * cols)) @ body)
        policy_pred = tf.nn.softmax(x @ fc_policy, axis=1)
        q_pred = tf.tanh(x @ fc_value)
        policy_target = b["policy"]
        policy_loss = kl_divergence(policy_pred, policy_target)
        q_value_loss = tf.reduce_mean(keras.losses.mean_squared_error(b["q_target"], q_pred))
        return policy_loss + q_value_loss

    return {"variables": [body, fc_policy, fc_value], "batch": batch, "reference": reference, "candidate": candidate}
