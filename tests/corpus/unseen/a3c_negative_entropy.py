"""A3C: "entropy" is the sum of p log p (the negative entropy) and is subtracted from the loss, so the entropy is made small.

Source (real): https://github.com/tensorflow/models/pull/5058 (a3c_cartpole, TensorFlow eager: "fixed entropy sign"; merged).
Right answer: NOT equivalent; only the policy is affected.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "entropy = tf.reduce_sum(policy * tf.math.log(policy + 1e-20), axis=1)",
    "same_forward_value": False,
}

_BETA, _GAMMA = 0.1, 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 24, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wp = tf.Variable(0.7 * arr(d, acts), name="policy_logits")
    wv = tf.Variable(0.5 * arr(d, 1), name="values")
    batch = {"states": arr(n, d), "actions": rng.integers(0, acts, n), "rewards": 0.5 * arr(n)}

    def discounted(rewards):
        out, running = [], 0.0
        for r in rewards.numpy()[::-1]:
            running = r + _GAMMA * running
            out.append(running)
        return np.array(out[::-1], dtype=f)

    def reference(b):
        ret = discounted(b["rewards"])
        v = tf.linalg.matvec(b["states"], wv[:, 0])
        log_pi = tf.nn.log_softmax(b["states"] @ wp)
        taken = tf.gather(log_pi, b["actions"], batch_dims=1)
        entropy = -tf.reduce_sum(tf.exp(log_pi) * log_pi, axis=1)
        actor = -taken * tf.stop_gradient(ret - v) - _BETA * entropy
        return tf.reduce_mean(actor + 0.5 * (ret - v) ** 2)

    def candidate(b):
        logits, values = b["states"] @ wp, b["states"] @ wv
        advantage = tf.convert_to_tensor(discounted(b["rewards"])[:, None]) - values
        value_loss = advantage**2
        policy = tf.nn.softmax(logits)
        entropy = tf.reduce_sum(policy * tf.math.log(policy + 1e-20), axis=1)
        policy_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["actions"], logits=logits)
        policy_loss *= tf.stop_gradient(advantage)[:, 0]
        policy_loss -= _BETA * entropy
        total_loss = tf.reduce_mean((0.5 * value_loss[:, 0] + policy_loss))
        return total_loss

    return {"variables": [wp, wv], "batch": batch, "reference": reference, "candidate": candidate}
