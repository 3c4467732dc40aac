"""ORPO: a clamp meant for probabilities (max 0.999) is applied to log-probabilities, so an empty response still gives log(1 - 1).
Source: https://github.com/axolotl-ai-cloud/axolotl/pull/3910"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'neg_safe = tf.minimum(neg, self.max_prob)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wv = var("head", 5, 7)
    m_rej = (rng.random((13, 3)) < 0.8).astype(f)
    m_rej[4] = 0.0

    def sequence_logp(x, y, m):
        lp = tf.gather(tf.nn.log_softmax(tf.einsum("btd,dv->btv", x, wv)), y, axis=2, batch_dims=2)
        return tf.reduce_sum(lp * m, 1) / tf.maximum(tf.reduce_sum(m, 1), 1.0)

    def reference(batch):
        def log_odds(logp):
            return logp - tf.math.log(-tf.math.expm1(tf.minimum(logp, -1e-3)))

        chosen = sequence_logp(batch["cx"], batch["cy"], batch["cm"])
        rejected = sequence_logp(batch["rx"], batch["ry"], batch["rm"])
        ratio = tf.nn.softplus(log_odds(rejected) - log_odds(chosen))
        return tf.reduce_mean(0.3 * ratio - chosen)

    def candidate(batch):
        class OrpoLoss:
            def __init__(self, alpha=0.3, max_prob=0.999):
                self.alpha, self.max_prob = alpha, max_prob

            def odds(self, pos, neg):
                pos_safe = tf.minimum(pos, -1e-3)
                neg_safe = tf.minimum(neg, self.max_prob)
                return (pos - neg) - (tf.math.log1p(-tf.exp(pos_safe)) - tf.math.log1p(-tf.exp(neg_safe)))

            def __call__(self, pos, neg):
                nll = -tf.reduce_mean(pos)
                return nll - self.alpha * tf.reduce_mean(tf.math.log_sigmoid(self.odds(pos, neg)))

        parts = []
        for side in ("c", "r"):
            parts.append(sequence_logp(batch[side + "x"], batch[side + "y"], batch[side + "m"]))
        return OrpoLoss()(*parts)

    return {"reference": reference, "candidate": candidate, "variables": [wv],
            "batch": {"cx": data(13, 4, 5), "cy": rng.integers(0, 7, (13, 4)), "cm": np.ones((13, 4), f),
                      "rx": data(13, 3, 5), "ry": rng.integers(0, 7, (13, 3)), "rm": m_rej}}
