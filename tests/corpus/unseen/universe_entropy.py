"""A request to flip the sign of the entropy term of A3C; the term as it stands (loss minus bonus) is right.
Source: https://github.com/openai/universe-starter-agent/pull/110"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, o, a = 6, 4, 3
    w_pi, w_v, w_h = var("pi", 5, a), var("vf", 5, 1), var("hidden", o, 5)

    def reference(batch):
        h = tf.nn.elu(batch["x"] @ w_h)
        total = 0.0
        for i in range(n):
            p = tf.nn.softmax((h[i:i + 1] @ w_pi)[0])
            value = (h[i:i + 1] @ w_v)[0, 0]
            neg_entropy = tf.reduce_sum(p * tf.math.log(p))
            chosen = tf.math.log(tf.gather(p, batch["ac"][i]))
            total += 0.25 * (value - batch["r"][i]) ** 2 + 0.01 * neg_entropy - batch["adv"][i] * chosen
        return total

    def candidate(batch):
        features = tf.nn.elu(batch["x"] @ w_h)
        logits = features @ w_pi
        log_prob_tf = tf.nn.log_softmax(logits)
        prob_tf = tf.nn.softmax(logits)
        ac = tf.one_hot(batch["ac"], a, dtype=dt)
        pi_loss = -tf.reduce_sum(tf.reduce_sum(log_prob_tf * ac, [1]) * batch["adv"])
        vf_loss = 0.5 * tf.reduce_sum(tf.square(tf.reshape(features @ w_v, [-1]) - batch["r"]))
        entropy = -tf.reduce_sum(prob_tf * log_prob_tf)
        return pi_loss + 0.5 * vf_loss - entropy * 0.01

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, o)).astype(dt), "ac": rng.integers(0, a, size=n),
                      "adv": rng.normal(size=n).astype(dt), "r": rng.normal(size=n).astype(dt)},
            "variables": [w_pi, w_v, w_h]}
