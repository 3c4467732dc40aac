"""PaddleFormers DPO: with ignore_eos_token the EOS term is left out of the sum of log probabilities, but the
average still divides by the full response length.
Source: https://github.com/PaddlePaddle/PaddleFormers/pull/4909"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'lengths = tf.cast(ends - starts, F)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    n, t, vocab, d, beta, margin = 4, 7, 6, 4, 2.0, 0.5
    emb = var("emb", vocab, d)
    mixer = var("mixer", d, d, scale=0.6)
    out = var("lm_head", d, vocab)

    def logits_of(ids):
        e = tf.gather(emb, ids)
        h = tf.cumsum(tf.tanh(e @ mixer), axis=1)
        return h @ out

    def reference(batch):
        def avg(key):
            ids = batch[key]
            lp = tf.nn.log_softmax(logits_of(ids[:, :-1]))
            tok = tf.gather(lp, ids[:, 1:], batch_dims=2)
            res = []
            for i in range(n):
                a, z = int(batch["start"][i]), int(batch[key + "_end"][i]) - 1
                res.append(tf.reduce_sum(tok[i, a:z]) / (z - a))
            return tf.stack(res)

        diff = beta * (avg("chosen") - avg("rejected")) - margin
        return tf.reduce_mean(tf.nn.softplus(-diff))

    def candidate(batch):
        starts = batch["start"]

        def dpo_logps(ids, ends):
            labels = ids[:, 1:]
            token_nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits_of(ids[:, :-1]))
            pos = tf.range(t - 1, dtype=starts.dtype)[None, :]
            last = (ends - 1)[:, None]
            keep = tf.logical_and(pos >= starts[:, None], pos < last)
            total = -tf.reduce_sum(tf.where(keep, token_nll, tf.zeros_like(token_nll)), axis=-1)
            lengths = tf.cast(ends - starts, F)
            return total / lengths

        chosen_logps = dpo_logps(batch["chosen"], batch["chosen_end"])
        rejected_logps = dpo_logps(batch["rejected"], batch["rejected_end"])
        ratio = chosen_logps - rejected_logps - margin / beta
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * ratio))

    return {"reference": reference, "candidate": candidate,
            "batch": {"chosen": rng.integers(0, vocab, (n, t)), "rejected": rng.integers(0, vocab, (n, t)),
                      "start": np.array([1, 2, 1, 0]), "chosen_end": np.array([3, 6, 4, 6]),
                      "rejected_end": np.array([6, 4, 6, 3])},
            "variables": [emb, mixer, out]}
