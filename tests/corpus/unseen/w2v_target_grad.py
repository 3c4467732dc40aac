"""wav2vec2 pretraining: the quantised targets are cut from the graph in the contrastive loss, so the codebook learns
nothing but diversity. Source: https://github.com/facebookresearch/fairseq2/pull/731"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "targets = tf.stop_gradient(quantized)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, k, e, distract, temp = 6, 5, 4, 3, 3, 0.3
    w_ctx = tf.Variable(rng.normal(size=(d, e)).astype(fx), name="context_proj")
    w_q = tf.Variable(rng.normal(size=(d, k)).astype(fx), name="quantizer_logits")
    codebook = tf.Variable(rng.normal(size=(k, e)).astype(fx), name="codebook")
    neg = np.stack([rng.choice([j for j in range(n) if j != i], distract, replace=False) for i in range(n)])

    def cosine(a, b):
        return tf.reduce_sum(tf.math.l2_normalize(a, -1) * tf.math.l2_normalize(b, -1), -1)

    def reference(batch):
        probs = tf.nn.softmax(batch["feat"] @ w_q)
        q = probs @ codebook
        ctx = batch["masked"] @ w_ctx
        loss = 0.0
        for i in range(n):
            pool = tf.concat([q[i:i + 1], tf.gather(q, batch["neg"][i])], 0)
            sims = cosine(ctx[i:i + 1], pool) / temp
            loss += tf.reduce_logsumexp(sims) - sims[0]
        avg = tf.reduce_mean(probs, 0)
        perp = tf.exp(-tf.reduce_sum(avg * tf.math.log(avg)))
        return loss / n + 0.1 * (k - perp) / k

    def candidate(batch):
        code_probs = tf.nn.softmax(tf.matmul(batch["feat"], w_q), axis=-1)
        quantized = tf.matmul(code_probs, codebook)
        seqs = tf.matmul(batch["masked"], w_ctx)
        targets = tf.stop_gradient(quantized)
        distractors = tf.gather(targets, batch["neg"])
        candidates = tf.concat([targets[:, None], distractors], axis=1)
        logits = cosine(seqs[:, None], candidates) / temp
        labels = tf.zeros(logits.shape[0], dtype=tf.int32)
        contrastive = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        )
        marginal = tf.reduce_mean(code_probs, axis=0)
        perplexity = tf.exp(-tf.reduce_sum(marginal * tf.math.log(marginal)))
        diversity = (k - perplexity) / k
        return contrastive + 0.1 * diversity

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "feat": rng.normal(size=(n, d)).astype(fx),
            "masked": rng.normal(size=(n, d)).astype(fx),
            "neg": neg.astype("int32"),
        },
        "variables": [w_ctx, w_q, codebook],
    }
