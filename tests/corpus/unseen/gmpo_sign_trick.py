"""GMPO clips log ratios through the sign of the advantage; an issue suspects the negative branch, the authors say it is PPO's.
Source: https://github.com/callsys/GMPO/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, d, vocab, eps = 6, 5, 4, 7, 0.4
    head = tf.Variable(rng.standard_normal((d, vocab)) * 0.8, dtype=fx, name="head")

    def logprob(batch):
        return tf.gather(tf.nn.log_softmax(batch["h"] @ head), batch["tok"], batch_dims=2)

    def reference(batch):
        delta = logprob(batch) - batch["old"]
        up = (batch["adv"] >= 0)[:, None]
        bounded = tf.where(up, tf.minimum(delta, eps), tf.maximum(delta, -eps))
        n_tok = tf.reduce_sum(batch["mask"], axis=1)
        log_geo = tf.reduce_sum(bounded * batch["mask"], axis=1) / n_tok
        return -tf.reduce_mean(batch["adv"] * tf.exp(log_geo))

    def candidate(batch):
        new_probs, old_probs, mask = logprob(batch), batch["old"], batch["mask"]
        advantage = batch["adv"][:, None]
        sgn_advantage = tf.where(advantage >= 0, tf.ones_like(advantage), -tf.ones_like(advantage))
        sgn_log_diff = sgn_advantage * (new_probs - old_probs)
        sgn_log_diff_clamp = tf.clip_by_value(sgn_log_diff, -eps, eps)
        sgn_log_diff_min = tf.minimum(sgn_log_diff, sgn_log_diff_clamp)
        log_diff_min = sgn_advantage * sgn_log_diff_min
        importance = tf.exp(tf.reduce_sum(log_diff_min * mask, axis=-1, keepdims=True)
                            / tf.reduce_sum(mask, axis=-1, keepdims=True))
        loss = -advantage * importance
        return tf.reduce_sum(loss) / tf.cast(tf.shape(loss)[0], loss.dtype)

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.standard_normal((B, T, d)).astype(fx), "tok": rng.integers(0, vocab, (B, T)).astype("int32"),
                      "old": (-2.0 + 0.8 * rng.standard_normal((B, T))).astype(fx),
                      "adv": np.array([1.2, -0.7, 0.4, -1.5, 0.9, -0.2]).astype(fx),
                      "mask": (np.arange(T)[None] < np.array([5, 3, 4, 5, 2, 4])[:, None]).astype(fx)},
            "variables": [head]}
