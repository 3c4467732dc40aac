"""The entropy reduced over the chunk has rank one while the loss mask is a column;
the masked mean of the entropy bonus scales with the micro-batch size. Source: https://github.com/RLinf/RLinf/pull/1565"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'broadcast',
    "line_marker": "ent = tf.reduce_sum(ent, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, d, k = 5, 4, 3
    w1, w2 = var("w1", d, 6), var("w2", 6, k)
    coef = 0.05

    def reference(batch):
        logits = tf.tanh(batch["obs"] @ w1) @ w2
        lp = tf.nn.log_softmax(logits)
        keep = batch["loss_mask"][:, 0]
        count = tf.reduce_sum(keep)
        taken = tf.gather(lp, batch["action"], axis=1, batch_dims=1)
        ratio = tf.exp(taken - batch["old_logp"][:, 0])
        adv = batch["adv"][:, 0]
        surr = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv)
        entropy = -tf.reduce_sum(tf.exp(lp) * lp, axis=1)
        return -tf.reduce_sum(surr * keep) / count - coef * tf.reduce_sum(entropy * keep) / count

    def candidate(batch):
        def masked_mean(x, mask):
            return tf.reduce_sum(x * mask) / tf.reduce_sum(mask)

        def reshape_entropy(ent):
            ent = tf.reduce_sum(ent, axis=-1)
            return ent

        mask = batch["loss_mask"]
        log_probs = tf.nn.log_softmax(tf.tanh(batch["obs"] @ w1) @ w2)
        logp = tf.gather(log_probs, batch["action"], axis=1, batch_dims=1)[:, None]
        ratio = tf.exp(logp - batch["old_logp"])
        clipped = tf.clip_by_value(ratio, 0.8, 1.2)
        policy_loss = masked_mean(tf.maximum(-ratio * batch["adv"], -clipped * batch["adv"]), mask)
        token_entropy = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1, keepdims=True)
        entropy_loss = masked_mean(reshape_entropy(token_entropy), mask)
        return policy_loss - coef * entropy_loss

    m = np.ones((n, 1)); m[-1] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "action": rng.integers(0, k, n), "old_logp": (-1.1 + 0.1 * arr(n, 1)).astype(fx),
                      "adv": arr(n, 1), "loss_mask": m.astype(fx)},
            "variables": [w1, w2]}
