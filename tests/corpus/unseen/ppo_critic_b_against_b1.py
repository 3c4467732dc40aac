"""The value head gives [B], the returns are [B, 1]: the critic error is a [B, B] matrix.

Source (real): https://github.com/RLinf/RLinf/issues/1568
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'value_error = b["returns"] - value_head(h)[:, 0]',
    "same_forward_value": False,
}

CLIP, VF_COEF, ENT_COEF, DELTA = 0.2, 0.5, 0.01, 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 12, 5, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, d),
        "action": rng.integers(0, k, size=n).astype("int32"),
        "old_logp": np.log(rng.uniform(0.2, 0.5, size=n)).astype("float32"),
        "adv": f(n),
        "returns": 2.0 * f(n, 1) + 0.5,
    }
    trunk = tf.keras.layers.Dense(8, activation="tanh")
    policy_head = tf.keras.layers.Dense(k)
    value_head = tf.keras.layers.Dense(1)
    trunk.build((None, d)), policy_head.build((None, 8)), value_head.build((None, 8))
    for layer in (trunk, policy_head, value_head):
        layer.set_weights([0.5 * rng.normal(size=w.shape) for w in layer.get_weights()])

    def policy_terms(h, b):
        logits = policy_head(h)
        logp_all = tf.nn.log_softmax(logits)
        logp = tf.gather(logp_all, b["action"], batch_dims=1)
        ratio = tf.exp(logp - b["old_logp"])
        surr = tf.minimum(ratio * b["adv"], tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP) * b["adv"])
        entropy = -tf.reduce_sum(tf.exp(logp_all) * logp_all, axis=-1)
        return -tf.reduce_mean(surr), tf.reduce_mean(entropy)

    def huber(e):
        a = tf.abs(e)
        return tf.where(a < DELTA, 0.5 * e * e, DELTA * (a - 0.5 * DELTA))

    def reference(b):
        n = len(b["obs"])
        h = trunk(b["obs"])
        pg, entropy = policy_terms(h, b)
        total = 0.0
        for i in range(n):
            v_i = value_head(h[i:i + 1])[0, 0]
            total += huber(b["returns"][i, 0] - v_i)
        return pg + VF_COEF * total / n - ENT_COEF * entropy

    def candidate(b):
        h = trunk(b["obs"])
        pg, entropy = policy_terms(h, b)
        value_error = b["returns"] - value_head(h)[:, 0]
        critic = tf.reduce_mean(huber(value_error))
        return pg + VF_COEF * critic - ENT_COEF * entropy

    variables = [v.value for l in (trunk, policy_head, value_head) for v in l.trainable_variables]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
