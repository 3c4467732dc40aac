"""PPO-EWMA: code takes newlogp - log_adj where the paper has a prox/behaviour weight; the reporter finds that it simplifies.
Source: https://github.com/openai/ppo-ewma/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, n_act, clip = 8, 4, 5, 0.15
    w = tf.Variable(rng.standard_normal((d, n_act)) * 0.7, dtype=fx, name="w")
    b = tf.Variable(rng.standard_normal(n_act) * 0.3, dtype=fx, name="b")

    def new_logp(batch):
        return tf.gather(tf.nn.log_softmax(batch["x"] @ w + b), batch["a"], batch_dims=1)

    def reference(batch):
        # E[ pi_prox / pi_behav * min(u A, clip(u, 1-eps, 1+eps) A) ],  u = pi / pi_prox
        u = tf.exp(new_logp(batch) - batch["prox"])
        weight = tf.exp(batch["prox"] - batch["behav"])
        inner = tf.minimum(u * batch["adv"], tf.clip_by_value(u, 1 - clip, 1 + clip) * batch["adv"])
        return -tf.reduce_mean(weight * inner)

    def candidate(batch):
        newlogp, logp_ewma, logp, adv = new_logp(batch), batch["prox"], batch["behav"], batch["adv"]
        log_adj = logp
        logratio = newlogp - log_adj
        ratio = tf.exp(logratio)
        low = tf.math.log(tf.constant(1 - clip, newlogp.dtype)) + logp_ewma - log_adj
        high = tf.math.log(tf.constant(1 + clip, newlogp.dtype)) + logp_ewma - log_adj
        pg_losses = -adv * ratio
        pg_losses2 = -adv * tf.exp(tf.minimum(tf.maximum(logratio, low), high))
        return tf.reduce_sum(tf.maximum(pg_losses, pg_losses2)) / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "a": rng.integers(0, n_act, n).astype("int32"),
                      "prox": (-1.6 + 0.3 * rng.standard_normal(n)).astype(fx),
                      "behav": (-1.6 + 0.3 * rng.standard_normal(n)).astype(fx), "adv": rng.standard_normal(n).astype(fx)},
            "variables": [w, b]}
