"""Right: ratio = exp(OLDNEGLOGPAC - neglogpac) looks inverted, and max of the negated surrogates is minus the min.

Source (real): https://github.com/openai/baselines/issues/652
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

CLIPRANGE, VF_COEF, ENT_COEF = 0.2, 0.5, 0.01


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 15, 6, 4
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, d), "actions": rng.integers(0, k, n).astype("int32"),
        "advs": f(n), "returns": f(n), "oldvpred": 0.5 * f(n),
        "old_neglogp": -np.log(rng.uniform(0.15, 0.5, n)).astype("float32"),
    }
    W = tf.Variable(0.5 * f(d, 8), name="pi/fc")
    Wp = tf.Variable(0.6 * f(8, k), name="pi/logits")
    Wv = tf.Variable(0.6 * f(8, 1), name="vf")

    def net(x):
        h = tf.tanh(tf.matmul(x, W))
        return tf.matmul(h, Wp), tf.squeeze(tf.matmul(h, Wv), 1)

    def reference(b):
        n = len(b["obs"])
        logits, v = net(b["obs"])
        logp_all = tf.nn.log_softmax(logits)
        total = 0.0
        for i in range(n):
            adv, r = b["advs"][i], tf.exp(logp_all[i, b["actions"][i]] + b["old_neglogp"][i])
            pg = tf.minimum(r * adv, tf.clip_by_value(r, 1 - CLIPRANGE, 1 + CLIPRANGE) * adv)
            vc = tf.clip_by_value(v[i], b["oldvpred"][i] - CLIPRANGE, b["oldvpred"][i] + CLIPRANGE)
            vf = 0.5 * tf.maximum((v[i] - b["returns"][i]) ** 2, (vc - b["returns"][i]) ** 2)
            ent = -tf.reduce_sum(tf.exp(logp_all[i]) * logp_all[i])
            total += -pg + VF_COEF * vf - ENT_COEF * ent
        return total / n

    def cat_entropy(logits):                                   # baselines' own formula
        a0 = logits - tf.reduce_max(logits, axis=-1, keepdims=True)
        ea0 = tf.exp(a0)
        z0 = tf.reduce_sum(ea0, axis=-1, keepdims=True)
        return tf.reduce_sum(ea0 / z0 * (tf.math.log(z0) - a0), axis=-1)

    def candidate(b):
        logits, vpred = net(b["obs"])
        neglogpac = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["actions"], logits=logits)
        ratio = tf.exp(b["old_neglogp"] - neglogpac)
        pg_losses = -b["advs"] * ratio
        pg_losses2 = -b["advs"] * tf.clip_by_value(ratio, 1.0 - CLIPRANGE, 1.0 + CLIPRANGE)
        pg_loss = tf.reduce_mean(tf.maximum(pg_losses, pg_losses2))
        vpredclipped = b["oldvpred"] + tf.clip_by_value(vpred - b["oldvpred"], -CLIPRANGE, CLIPRANGE)
        vf_loss = 0.5 * tf.reduce_mean(tf.maximum(tf.square(vpred - b["returns"]),
                                                  tf.square(vpredclipped - b["returns"])))
        return pg_loss - tf.reduce_mean(cat_entropy(logits)) * ENT_COEF + vf_loss * VF_COEF

    return {"variables": [W, Wp, Wv], "batch": batch, "reference": reference, "candidate": candidate}
