"""Pointer-generator: the coverage at step t already holds the attention of step t, so min(attention, coverage) is the
attention itself and the coverage loss a constant; it should hold the earlier steps only.
Source: https://github.com/OpenNMT/OpenNMT-py/issues/2013"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "coverage = p_attn if coverage is None else coverage + p_attn",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, src, d_dec, d_mem, vocab = 15, 4, 6, 5, 3, 7
    w_attn = tf.Variable((0.8 * rng.standard_normal((d_dec, d_mem))).astype(f), name="w_attn")
    w_out = tf.Variable((0.8 * rng.standard_normal((d_mem, vocab))).astype(f), name="w_out")
    batch = {
        "dec": rng.standard_normal((n, steps, d_dec)).astype(f),
        "memory": rng.standard_normal((n, src, d_mem)).astype(f),
        "target": rng.integers(0, vocab, (n, steps)).astype("int32"),
    }
    lambda_coverage = 1.0

    def reference(batch):
        attn = tf.nn.softmax(tf.einsum("btd,dm,bsm->bts", batch["dec"], w_attn, batch["memory"]))
        seen = tf.cumsum(attn, axis=1, exclusive=True)
        logits = tf.einsum("bts,bsm,mv->btv", attn, batch["memory"], w_out)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["target"], logits)
        cover = tf.reduce_sum(tf.where(attn < seen, attn, seen), axis=-1)
        return tf.reduce_mean(tf.reduce_sum(nll + lambda_coverage * cover, axis=1))

    def candidate(batch):
        class InputFeedRNNDecoder:
            def attention(self, query):
                align = tf.squeeze(tf.matmul(batch["memory"], tf.expand_dims(query @ w_attn, -1)), -1)
                p_attn = tf.nn.softmax(align)
                context = tf.reduce_sum(p_attn[:, :, None] * batch["memory"], axis=1)
                return context, p_attn

            def run(self, states):
                outs, attns = [], {"std": [], "coverage": []}
                coverage = None
                for query in tf.unstack(states, axis=1):
                    context, p_attn = self.attention(query)
                    coverage = p_attn if coverage is None else coverage + p_attn
                    outs.append(context)
                    attns["std"].append(p_attn)
                    attns["coverage"].append(coverage)
                return outs, attns

        def coverage_loss(std_attn, coverage_attn):
            return lambda_coverage * tf.reduce_sum(tf.minimum(std_attn, coverage_attn), axis=-1)

        outs, attns = InputFeedRNNDecoder().run(batch["dec"])
        loss = 0.0
        for t, context in enumerate(outs):
            scores = tf.nn.log_softmax(context @ w_out)
            gold = tf.one_hot(batch["target"][:, t], vocab, dtype=f)
            loss -= tf.reduce_sum(scores * gold)
            loss += tf.reduce_sum(coverage_loss(attns["std"][t], attns["coverage"][t]))
        return loss / n

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_attn, w_out]}
