"""The GRPO loss multiplies per-sequence advantages with per-token ratios in the wrong dimension.
Source: https://github.com/PrimeIntellect-ai/prime-rl/pull/76"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "adv = batch['advantages']",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, T, V, d = 5, 5, 7, 4
    emb, head = var("emb", V, d), var("head", d, V)

    def reference(batch):
        logp_all = tf.nn.log_softmax(tf.gather(emb, batch["ids"]) @ head)
        per_seq = []
        for i in range(n):
            logp = tf.gather(logp_all[i], batch["next"][i], batch_dims=1)
            r = tf.exp(logp - batch["old_logp"][i])
            a = batch["advantages"][i]
            gain = tf.minimum(r * a, tf.clip_by_value(r, 0.8, 1.2) * a)
            per_seq.append(tf.reduce_sum(-gain * batch["mask"][i]))
        return tf.add_n(per_seq) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        logits = tf.matmul(tf.gather(emb, batch["ids"]), head)
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["next"], logits=logits)
        adv = batch['advantages']
        ratio = tf.exp(logp - batch["old_logp"])
        clipped = tf.clip_by_value(ratio, 1.0 - 0.2, 1.0 + 0.2)
        objective = tf.minimum(ratio * adv, clipped * adv)
        mask = batch["mask"]
        return -tf.reduce_sum(objective * mask) / tf.reduce_sum(mask)

    ids, nxt = rng.integers(0, V, (n, T)), rng.integers(0, V, (n, T))
    lg = emb.numpy()[ids] @ head.numpy()
    lp = lg - np.log(np.exp(lg).sum(-1, keepdims=True))
    old = np.take_along_axis(lp, nxt[..., None], -1)[..., 0] + 0.2 * rng.normal(size=(n, T))
    lens = np.array([5, 3, 4, 5, 2])
    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": ids, "next": nxt, "old_logp": old.astype(f), "advantages": arr(n),
                      "mask": (np.arange(T)[None] < lens[:, None]).astype(f)},
            "variables": [emb, head]}
