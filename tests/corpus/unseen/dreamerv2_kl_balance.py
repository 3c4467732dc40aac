"""DreamerV2's kl_loss: left and right hand side, `mix` and `value` look reversed against the paper's KL balancing.

Source (real): https://github.com/danijar/dreamerv2/issues/4 (TensorFlow 2; the author: `value` is only logged, the gradient comes from the
weighted mean of the two terms).
Right answer: EQUIVALENT to 0.8 KL(sg(post) || prior) + 0.2 KL(post || sg(prior)).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, deter, stoch, classes, balance, free = 13, 6, 3, 5, 0.8, 0.05

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    img = tf.Variable(0.6 * arr(deter, stoch * classes), name="img_dist")
    obs = tf.Variable(0.6 * arr(2 * deter, stoch * classes), name="obs_dist")
    batch = {"deter": arr(n, deter), "embed": arr(n, deter)}

    def logits(b):
        post = tf.concat([b["deter"], b["embed"]], axis=-1) @ obs
        prior = b["deter"] @ img
        return tf.reshape(post, [-1, stoch, classes]), tf.reshape(prior, [-1, stoch, classes])

    def reference(b):
        post, prior = logits(b)
        train_prior = train_post = 0.0
        for i in range(b["deter"].shape[0]):
            for s in range(stoch):
                q, log_q = tf.nn.softmax(post[i, s]), tf.nn.log_softmax(post[i, s])
                log_p = tf.nn.log_softmax(prior[i, s])
                train_prior += tf.reduce_sum(tf.stop_gradient(q) * (tf.stop_gradient(log_q) - log_p))
                train_post += tf.reduce_sum(q * (log_q - tf.stop_gradient(log_p)))
        m = b["deter"].shape[0]
        return balance * tf.maximum(train_prior / m, free) + (1 - balance) * tf.maximum(train_post / m, free)

    def kld(p_logits, q_logits):
        ratio = tf.nn.log_softmax(p_logits) - tf.nn.log_softmax(q_logits)
        return tf.reduce_sum(tf.nn.softmax(p_logits) * ratio, axis=[-2, -1])

    def candidate(b):
        def kl_loss(post, prior, forward=False, free_avg=True):
            sg = tf.stop_gradient
            lhs, rhs = (prior, post) if forward else (post, prior)
            mix = balance if forward else (1 - balance)
            value_lhs = value = kld(lhs, sg(rhs))
            value_rhs = kld(sg(lhs), rhs)
            if free_avg:
                loss_lhs = tf.maximum(tf.reduce_mean(value_lhs), free)
                loss_rhs = tf.maximum(tf.reduce_mean(value_rhs), free)
            else:
                loss_lhs = tf.reduce_mean(tf.maximum(value_lhs, free))
                loss_rhs = tf.reduce_mean(tf.maximum(value_rhs, free))
            loss = mix * loss_lhs + (1 - mix) * loss_rhs
            return loss, value

        loss, _ = kl_loss(*logits(b))
        return loss

    return {"variables": [img, obs], "batch": batch, "reference": reference, "candidate": candidate}
