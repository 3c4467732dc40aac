"""Right: categorical cross-entropy of probabilities with advantage * one-hot as the 'distribution' is the policy-gradient loss.

Source (real): https://github.com/rlcode/reinforcement-learning/issues/54
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

GAMMA = 0.99


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 12, 4, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "state": f(n, d), "next_state": f(n, d), "reward": f(n),
        "action": rng.integers(0, k, n).astype("int32"),
        "done": (rng.uniform(size=n) < 0.2).astype("float32"),
    }
    A1 = tf.Variable(0.6 * f(d, 8), name="actor1")
    A2 = tf.Variable(0.6 * f(8, k), name="actor2")
    C = tf.Variable(0.6 * f(d, 1), name="critic")

    def logits(x):
        return tf.matmul(tf.nn.relu(tf.matmul(x, A1)), A2)

    def value(x):
        return tf.matmul(x, C)[:, 0]

    def reference(b):
        target = tf.stop_gradient(b["reward"] + GAMMA * (1 - b["done"]) * value(b["next_state"]))
        v = value(b["state"])
        adv = (target - v).numpy()
        logp = tf.nn.log_softmax(logits(b["state"]))
        loss = 0.0
        for i in range(len(adv)):
            loss += -adv[i] * logp[i, b["action"][i]] + (target[i] - v[i]) ** 2
        return loss / len(adv)

    def candidate(b):
        value_, next_value = value(b["state"]), value(b["next_state"])
        target = b["reward"] + GAMMA * (1.0 - b["done"]) * tf.stop_gradient(next_value)
        advantages = tf.one_hot(b["action"], k) * tf.stop_gradient(target - value_)[:, None]
        policy = tf.nn.softmax(logits(b["state"]))
        actor_loss = tf.keras.losses.categorical_crossentropy(advantages, policy)
        critic_loss = tf.keras.losses.MeanSquaredError()(target, value_)
        return tf.reduce_mean(actor_loss) + critic_loss

    return {"variables": [A1, A2, C], "batch": batch, "reference": reference, "candidate": candidate}
