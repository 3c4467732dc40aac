"""Chunked GRPO loss aggregates all tokens of the batch at once; the paper (and TRL) takes
the mean per sequence first and then over sequences.
Source: https://github.com/linkedin/Liger-Kernel/pull/628"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss_acc += tf.reduce_sum(chunk) / scale',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    groups, gsize, length, vocab, dim, beta = 2, 3, 5, 6, 4, 0.1
    n = groups * gsize
    head = tf.Variable((rng.standard_normal((dim, vocab)) * 0.8).astype(fx), name="head")
    lens = np.array([5, 2, 4, 1, 3, 5])
    mask_np = (np.arange(length)[None] < lens[:, None]).astype(fx)

    def reference(batch):
        total = tf.zeros((), fx)
        for i in range(n):
            logp = tf.nn.log_softmax(tf.matmul(batch["hidden"][i], head))
            lp = tf.gather(logp, batch["tokens"][i], batch_dims=1)
            ratio = tf.exp(lp - tf.stop_gradient(lp))
            d = batch["ref_logp"][i] - lp
            tok = -ratio * batch["advantages"][i] + beta * (tf.exp(d) - d - 1.0)
            m = batch["attention_mask"][i]
            total += tf.reduce_sum(tok * m) / tf.reduce_sum(m)
        return total / n

    def candidate(batch):
        scale = tf.maximum(tf.reduce_sum(batch["attention_mask"]), 1.0)
        loss_acc = tf.zeros((), fx)
        for g in range(groups):
            rows = slice(g * gsize, (g + 1) * gsize)
            logp = tf.nn.log_softmax(tf.einsum("btd,dv->btv", batch["hidden"][rows], head))
            chosen = tf.gather(logp, batch["tokens"][rows], batch_dims=2)
            coef = tf.exp(chosen - tf.stop_gradient(chosen))
            policy = -coef * batch["advantages"][rows][:, None]
            delta = batch["ref_logp"][rows] - chosen
            kl = tf.exp(delta) - delta - 1.0
            chunk = (policy + beta * kl) * batch["attention_mask"][rows]
            loss_acc += tf.reduce_sum(chunk) / scale
        return loss_acc

    adv = rng.standard_normal((groups, gsize))
    adv = ((adv - adv.mean(1, keepdims=True)) / adv.std(1, keepdims=True)).reshape(-1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.standard_normal((n, length, dim)).astype(fx),
                      "tokens": rng.integers(0, vocab, (n, length)).astype("int32"),
                      "ref_logp": (rng.standard_normal((n, length)) * 0.5 - 1.8).astype(fx),
                      "advantages": adv.astype(fx), "attention_mask": mask_np},
            "variables": [head]}
