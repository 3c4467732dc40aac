"""Multi-head attention that leaves the causal mask to the fused kernel when it is the only mask.
With return_attention_scores the fused kernel is not used, and the manual softmax gets no mask at all.
Source: https://github.com/keras-team/keras/issues/23038"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "causal_only = use_causal_mask and attention_mask is None",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, heads = 13, 5, 6, 2
    hd = d // heads
    x = rng.normal(size=(n, t, d)).astype(f)
    y = rng.normal(size=(n, t, d)).astype(f)

    def par(name):
        return tf.Variable((0.7 * rng.normal(size=(d, heads, hd))).astype(f), name=name)

    wq, wk, wv = par("wq"), par("wk"), par("wv")
    wo = tf.Variable((0.7 * rng.normal(size=(heads, hd, d))).astype(f), name="wo")

    def reference(batch):
        out = []
        for i in range(t):
            now, past = batch["x"][:, i], batch["x"][:, :i + 1]
            q = tf.einsum("nd,dhk->nhk", now, wq)
            k, v = tf.einsum("nsd,dhk->nshk", past, wk), tf.einsum("nsd,dhk->nshk", past, wv)
            a = tf.nn.softmax(tf.einsum("nhk,nshk->nhs", q, k) / np.sqrt(hd), axis=-1)
            out.append(tf.einsum("nhs,nshk,hkd->nd", a, v, wo))
        return tf.reduce_mean((tf.stack(out, axis=1) - batch["y"]) ** 2)

    def candidate(batch):
        def fused(q, k, v, mask, is_causal):
            keep = tf.linalg.band_part(tf.ones((t, t), dtype=f), -1, 0) if is_causal else mask
            return manual(q, k, v, keep)[0]

        def manual(q, k, v, mask):
            scores = tf.einsum("nthk,nshk->nhts", q, k) * hd ** -0.5
            if mask is not None:
                scores += (1.0 - mask) * -1e9
            weights = tf.nn.softmax(scores, axis=-1)
            return tf.einsum("nhts,nshk->nthk", weights, v), weights

        def call(query, value, attention_mask=None, use_causal_mask=False, return_attention_scores=False):
            causal_only = use_causal_mask and attention_mask is None
            if use_causal_mask and not causal_only:
                lower = tf.linalg.band_part(tf.ones((t, t), dtype=f), -1, 0)
                attention_mask = lower if attention_mask is None else attention_mask * lower
            q = tf.einsum("ntd,dhk->nthk", query, wq)
            k, v = tf.einsum("nsd,dhk->nshk", value, wk), tf.einsum("nsd,dhk->nshk", value, wv)
            if return_attention_scores:
                ctx, weights = manual(q, k, v, attention_mask)
            else:
                ctx, weights = fused(q, k, v, attention_mask, is_causal=causal_only), None
            return tf.einsum("nthk,hkd->ntd", ctx, wo), weights

        out, _ = call(batch["x"], batch["x"], use_causal_mask=True, return_attention_scores=True)
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [wq, wk, wv, wo]}
