"""Hawkes process: the negative log-likelihood of every node starts at -end_time; "an erroneous extra sum".

Source (real): https://github.com/X-DataInitiative/tick/issues/449 (C++, ModelHawkesLogLikSingle::loss_dim_i, ported; the likelihood against a
unit Poisson process).
Right answer: EQUIVALENT for the gradient: the difference is a constant, so only the value of the loss is another one.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}

DECAY, END_TIME = 1.3, 5.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, jumps, d = 16, 6, 2

    log_mu = tf.Variable((0.3 * rng.standard_normal(d)).astype(f), name="log_baseline")
    log_alpha = tf.Variable((0.3 * rng.standard_normal((d, d)) - 1.0).astype(f), name="log_adjacency")
    batch = {
        "times": np.sort(rng.uniform(0.0, END_TIME, (n, jumps)), axis=1).astype(f),
        "node": rng.integers(0, d, (n, jumps)),
    }

    def reference(b):
        mu, alpha = tf.exp(log_mu), tf.exp(log_alpha)
        nll = 0.0
        for r in range(b["times"].shape[0]):
            t, who = b["times"][r].numpy(), b["node"][r].numpy()
            nll += END_TIME * tf.reduce_sum(mu)
            for k in range(jumps):
                intensity = mu[who[k]]
                for j in range(k):
                    intensity += alpha[who[k], who[j]] * DECAY * np.exp(-DECAY * (t[k] - t[j]))
                compensator = tf.reduce_sum(alpha[:, who[k]]) * (1.0 - np.exp(-DECAY * (END_TIME - t[k])))
                nll += compensator - tf.math.log(intensity)
        return nll / b["times"].shape[0]

    def candidate(b):
        t, node = b["times"], tf.one_hot(b["node"], d, dtype=b["times"].dtype)
        lag = t[:, :, None] - t[:, None, :]
        kernel = DECAY * tf.exp(-DECAY * tf.nn.relu(lag)) * np.tril(np.ones((jumps, jumps), f), -1)
        # g[n, k, j]: influence of node j on what happens at the k-th jump; G: its integral
        g = tf.einsum("nkl,nlj->nkj", kernel, node)
        G = tf.einsum("nl,nlj->nj", 1.0 - tf.exp(-DECAY * (END_TIME - t)), node)

        def loss_dim_i(i):
            mu_i, alpha_i = tf.exp(log_mu[i]), tf.exp(log_alpha[i])
            loss = -END_TIME
            loss += END_TIME * mu_i
            loss += tf.linalg.matvec(G, alpha_i)
            s = mu_i + tf.reduce_sum(g * alpha_i, axis=-1)
            loss -= tf.reduce_sum(node[:, :, i] * tf.math.log(s), axis=1)
            return loss

        return tf.reduce_mean(tf.add_n([loss_dim_i(i) for i in range(d)]))

    return {"variables": [log_mu, log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
