"""Top-K off-policy REINFORCE recommender: the correction weight divides pi of one action by beta of another one.
Source: https://github.com/awarebayes/RecNN/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "index",
            "line_marker": "beta_log_prob = tf.gather(tf.nn.log_softmax(beta_logits), batch[\"beta_action\"], batch_dims=1)",
            "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, d, M, K = 6, 4, 5, 3
    pi_w = tf.Variable(rng.normal(size=(d, M)).astype(fx), name="pi_w")
    beta_w = tf.Variable(rng.normal(size=(d, M)).astype(fx), name="beta_w")

    def reference(batch):
        pi = tf.nn.softmax(batch["state"] @ pi_w)
        beta = tf.nn.softmax(batch["state"] @ beta_w)
        hot = tf.one_hot(batch["pi_action"], M, dtype=pi.dtype)
        p, b = tf.reduce_sum(pi * hot, 1), tf.reduce_sum(beta * hot, 1)
        corr = tf.stop_gradient(tf.minimum(p / b, 10.0))
        l_k = tf.stop_gradient(K * (1 - p) ** (K - 1))
        pg = -tf.reduce_sum(corr * l_k * batch["ret"] * tf.math.log(p))
        logged = tf.one_hot(batch["beta_action"], M, dtype=pi.dtype)
        bc = -tf.reduce_mean(tf.reduce_sum(logged * tf.math.log(beta), 1))
        return pg + bc

    def candidate(batch):
        pi_logits = tf.matmul(batch["state"], pi_w)
        beta_logits = tf.matmul(batch["state"], beta_w)
        pi_log_prob = tf.gather(tf.nn.log_softmax(pi_logits), batch["pi_action"], batch_dims=1)
        beta_log_prob = tf.gather(tf.nn.log_softmax(beta_logits), batch["beta_action"], batch_dims=1)
        pi_prob = tf.exp(pi_log_prob)
        correction = tf.minimum(tf.exp(pi_log_prob - beta_log_prob), 10.0)
        lambda_k = K * tf.pow(1.0 - pi_prob, K - 1)
        weight = tf.stop_gradient(correction * lambda_k)
        policy_loss = -tf.reduce_sum(weight * batch["ret"] * pi_log_prob)
        beta_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["beta_action"], logits=beta_logits))
        return policy_loss + beta_loss

    pa = rng.integers(0, M, B)
    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(B, d)).astype(fx), "pi_action": pa,
                      "beta_action": (pa + rng.integers(1, M, B)) % M, "ret": rng.normal(size=B).astype(fx)},
            "variables": [pi_w, beta_w]}
