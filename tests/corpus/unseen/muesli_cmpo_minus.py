"""Muesli: the sampled CMPO regularizer has a minus that the article's equation lacks, and was reported as an error.

Source (real): https://github.com/YuriCat/MuesliJupyterExample/issues/3 (cmpo_loss, PyTorch, ported; the article is wrong, as its author agrees).
Right answer: EQUIVALENT to the cross entropy from pi_CMPO to pi over the samples; a policy has to be pulled towards pi_CMPO.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, T, N, actions = 17, 5, 3, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(T, d, actions), name="policy_w")
    bias = tf.Variable(0.2 * arr(T, actions), name="policy_b")
    batch = {
        "h": arr(n, d),
        "sa": rng.integers(0, actions, (n, T, N)),
        "sampled_adv": 1.5 * arr(n, T, N),
    }

    def reference(b):
        m = b["h"].shape[0]
        total = 0.0
        for i in range(m):
            for t in range(T):
                log_pi = tf.nn.log_softmax(tf.linalg.matvec(w[t], b["h"][i], transpose_a=True) + bias[t])
                target = []
                for k in range(N):
                    lift = [tf.exp(tf.clip_by_value(b["sampled_adv"][i, t, j], -1.0, 1.0)) for j in range(N)]
                    others = tf.add_n(lift) - lift[k]
                    target.append(lift[k] / ((1.0 + others) / N))
                for k in range(N):
                    total -= tf.stop_gradient(target[k]) * log_pi[int(b["sa"][i, t, k])] / N
        return total / m

    def candidate(b):
        sea = tf.exp(tf.clip_by_value(b["sampled_adv"], -1.0, 1.0))
        z_init = 1.0
        sz = (z_init + tf.reduce_sum(sea, axis=-1, keepdims=True) - sea) / N
        cmpo_loss = 0.0
        for t in range(T):
            ps = tf.nn.softmax(b["h"] @ w[t] + bias[t])
            chosen = tf.gather(ps, b["sa"][:, t], batch_dims=1)
            cmpo_loss += tf.reduce_sum(-tf.reduce_mean(sea[:, t] / sz[:, t] * tf.math.log(chosen), axis=1))
        return cmpo_loss / b["h"].shape[0]

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
