"""Episodic returns are written into np.zeros_like(rew); with integer rewards every return is truncated.

Source (real): https://github.com/thu-ml/tianshou/issues/85 (BasePolicy.compute_episodic_return, NumPy and PyTorch; fixed).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "returns = np.zeros_like(rew)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, acts, gamma = 15, 7, 4, 3, 0.9

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w_pi = tf.Variable(0.6 * arr(d, acts), name="actor")
    w_v = tf.Variable(0.6 * arr(d, 1), name="critic")
    batch = {
        "obs": arr(n, t, d),
        "act": rng.integers(0, acts, (n, t)),
        "rew": rng.choice([-1, 0, 1, 2], (n, t)),
        "done": rng.random((n, t)) < 0.2,
    }

    def evaluate(b):
        return tf.nn.log_softmax(b["obs"] @ w_pi), (b["obs"] @ w_v)[..., 0]

    def reference(b):
        log_pi, v = evaluate(b)
        loss = 0.0
        for i in range(n):
            for s in range(t):
                g = 0.0
                for k in range(s, t):
                    g += gamma ** (k - s) * float(b["rew"][i, k])
                    if b["done"][i, k]:
                        break
                loss -= log_pi[i, s, int(b["act"][i, s])] * tf.stop_gradient(g - v[i, s])
                loss += 0.5 * (g - v[i, s]) ** 2
        return loss / (n * t)

    def candidate(b):
        def compute_episodic_return(rew, done):
            returns = np.zeros_like(rew)
            last = 0
            for i in range(rew.shape[1] - 1, -1, -1):
                returns[:, i] = rew[:, i] + gamma * last * (1 - done[:, i])
                last = returns[:, i]
            return returns

        returns = compute_episodic_return(b["rew"].numpy(), b["done"].numpy())
        r = tf.convert_to_tensor(returns.astype(f))
        logits, v = evaluate(b)
        log_prob = tf.gather(logits, b["act"], batch_dims=2)
        a_loss = -tf.reduce_mean(log_prob * tf.stop_gradient(r - v))
        vf_loss = 0.5 * tf.reduce_mean(tf.square(r - v))
        return a_loss + vf_loss

    return {"variables": [w_pi, w_v], "batch": batch, "reference": reference, "candidate": candidate}
