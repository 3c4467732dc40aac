"""GRPO's KL regulariser: the gradient of the expected KL lacks the score term, since the
sampling weight does not take part in the backward pass.
Source: https://github.com/NVIDIA-NeMo/RL/pull/2506"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'importance = tf.stop_gradient(tf.exp(logp - batch["gen_logp"]))',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, length, vocab, dim, beta, eps = 3, 5, 6, 4, 0.3, 0.2
    head = tf.Variable((rng.standard_normal((dim, vocab)) * 0.7).astype(fx), name="head")
    bias = tf.Variable((rng.standard_normal(vocab) * 0.3).astype(fx), name="bias")
    lens = np.array([5, 2, 4])

    def reference(batch):
        lp_all = tf.nn.log_softmax(tf.einsum("btd,dv->btv", batch["hidden"], head) + bias)
        lp = tf.reduce_sum(lp_all * tf.one_hot(batch["tokens"], vocab, dtype=fx), axis=-1)
        ratio = tf.exp(lp - batch["gen_logp"])
        a = batch["advantages"][:, None]
        pg = tf.minimum(ratio * a, tf.clip_by_value(ratio, 1 - eps, 1 + eps) * a)
        k2 = 0.5 * (lp - batch["ref_logp"]) ** 2
        tok = beta * ratio * k2 - pg
        return tf.reduce_sum(tok * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        logits = tf.einsum("btd,dv->btv", batch["hidden"], head) + bias
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["tokens"], logits=logits)
        n_tokens = tf.reduce_sum(batch["mask"])
        ratios = tf.exp(logp - batch["gen_logp"])
        clamped = tf.clip_by_value(ratios, 1 - eps, 1 + eps)
        adv = tf.expand_dims(batch["advantages"], axis=1)
        clip_loss = tf.maximum(-adv * ratios, -adv * clamped)
        actor_loss = tf.reduce_sum(clip_loss * batch["mask"]) / n_tokens
        importance = tf.stop_gradient(tf.exp(logp - batch["gen_logp"]))
        kl = importance * 0.5 * tf.square(logp - batch["ref_logp"])
        kl_loss = beta * tf.reduce_sum(kl * batch["mask"]) / n_tokens
        return actor_loss + kl_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.standard_normal((bsz, length, dim)).astype(fx),
                      "tokens": rng.integers(0, vocab, (bsz, length)).astype("int32"),
                      "gen_logp": (rng.standard_normal((bsz, length)) * 0.4 - 1.8).astype(fx),
                      "ref_logp": (rng.standard_normal((bsz, length)) * 0.8 - 1.8).astype(fx),
                      "advantages": np.array([0.9, -1.3, 0.5]).astype(fx),
                      "mask": (np.arange(length)[None] < lens[:, None]).astype(fx)},
            "variables": [head, bias]}
