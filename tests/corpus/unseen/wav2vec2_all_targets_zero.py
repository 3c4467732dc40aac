"""wav2vec 2.0: the targets of the contrastive cross-entropy are all zero, which looked wrong; the true frame is always put
first, so class 0 is the positive. Negatives equal to the positive are set to -inf.
Source: https://github.com/facebookresearch/fairseq/issues/3812"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, d, e, n_neg = 12, 6, 5, 4, 3
    ctx = tf.Variable(rng.normal(size=(d, e)).astype(f) * 0.6, name="final_proj")
    quant = tf.Variable(rng.normal(size=(7, e)).astype(f), name="quantizer_vars")
    x = rng.normal(size=(n, steps, d)).astype(f)
    code = rng.integers(0, 7, size=(n, steps)).astype("int32")
    neg = np.stack([(np.arange(steps) + k + 1) % steps for k in range(n_neg)]).astype("int32")
    temp = 0.4

    def reference(batch):
        c = tf.nn.l2_normalize(batch["x"] @ ctx, axis=-1)
        table = tf.nn.l2_normalize(quant, axis=-1)
        total = 0.0
        for b in range(n):
            for t in range(steps):
                own = int(code[b, t])
                others = [int(code[b, s]) for s in neg[:, t] if int(code[b, s]) != own]
                scores = tf.linalg.matvec(tf.gather(table, [own] + others), c[b, t]) / temp
                total += tf.reduce_logsumexp(scores) - scores[0]
        return total / (n * steps)

    def candidate(batch):
        def sample_negatives(y):
            return tf.stack([tf.gather(y, idx, axis=1) for idx in neg])

        def compute_preds(x, y, negatives):
            neg_is_pos = tf.reduce_all(tf.equal(y[None], negatives), axis=-1)
            targets = tf.concat([y[None], negatives], axis=0)
            norms = tf.norm(x, axis=-1)[None] * tf.norm(targets, axis=-1)
            logits = tf.reduce_sum(x[None] * targets, axis=-1) / norms
            logits = logits / temp
            masked = tf.where(neg_is_pos, tf.constant(-np.inf, f), logits[1:])
            return tf.concat([logits[:1], masked], axis=0)

        y = tf.gather(quant, batch["code"])
        preds = compute_preds(tf.matmul(batch["x"], ctx), y, sample_negatives(y))
        logits = tf.reshape(tf.transpose(preds, (2, 1, 0)), [-1, n_neg + 1])
        target = tf.zeros(logits.shape[0], tf.int64)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "code": code}, "variables": [ctx, quant]}
