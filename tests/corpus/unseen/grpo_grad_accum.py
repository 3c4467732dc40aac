"""GRPO with gradient accumulation averages the per-minibatch masked means instead of normalising all valid
tokens together. Source: https://github.com/allenai/open-instruct/pull/1137"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'total += masked_mean(pg_loss + beta * kl, mb["mask"]) / accumulation_steps',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, T, D, V = 4, 6, 3, 5
    w = var("w", D, V)
    beta = 0.05

    def reference(batch):
        logp_all = tf.nn.log_softmax(tf.einsum("btd,dv->btv", batch["hidden"], w))
        lp = tf.gather(logp_all, batch["token"], batch_dims=2)
        r = tf.exp(lp - batch["old_logp"])
        a = batch["adv"][:, None]
        pg = tf.maximum(-a * r, -a * tf.clip_by_value(r, 0.8, 1.2))
        d = batch["ref_logp"] - lp
        kl = tf.exp(d) - d - 1.0
        loss_sum = tf.reduce_sum((pg + beta * kl) * batch["mask"])
        return loss_sum / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        accumulation_steps = n

        def masked_mean(values, mask):
            return tf.reduce_sum(values * mask) / tf.reduce_sum(mask)

        total = 0.0
        for i in range(accumulation_steps):
            mb = {k: v[i:i + 1] for k, v in batch.items()}
            logits = mb["hidden"] @ w
            new_logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=mb["token"], logits=logits)
            ratio = tf.exp(new_logp - mb["old_logp"])
            adv = mb["adv"][:, None]
            pg_loss = tf.maximum(-adv * ratio, -adv * tf.clip_by_value(ratio, 0.8, 1.2))
            ref_diff = mb["ref_logp"] - new_logp
            kl = tf.math.expm1(ref_diff) - ref_diff
            total += masked_mean(pg_loss + beta * kl, mb["mask"]) / accumulation_steps
        return total

    mask = (np.arange(T)[None] < np.array([[6], [1], [3], [2]])).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.standard_normal((n, T, D)).astype(fx), "token": rng.integers(0, V, (n, T)),
                      "old_logp": (-1.6 + 0.05 * rng.standard_normal((n, T))).astype(fx),
                      "ref_logp": (-1.6 + 0.05 * rng.standard_normal((n, T))).astype(fx),
                      "adv": np.array([1.0, -1.5, 0.6, -0.8]).astype(fx), "mask": mask},
            "variables": [w]}
