"""CrossTransformer (few-shot): the attention logits between query and support patches are not divided by tau = sqrt(d).

Source (real): https://github.com/lucidrains/cross-transformers-pytorch/issues/1 (PyTorch, ported; "oh yes, you are right!", fixed in 0.0.2).
Right answer: NOT equivalent; the attention is too sharp.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'sim = tf.einsum("npd,nksd->nkps", query_q, supports_k)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, ways, pix, sup, cin, dk, dv = 12, 3, 4, 6, 5, 8, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wqk = tf.Variable(0.5 * arr(cin, dk), name="to_qk")
    wv = tf.Variable(0.5 * arr(cin, dv), name="to_v")
    batch = {"query": arr(n, pix, cin), "supports": arr(n, ways, sup, cin), "label": rng.integers(0, ways, n)}

    def reference(b):
        tau = float(np.sqrt(dk))
        scores = []
        for c in range(ways):
            support = b["supports"][:, c]
            a = tf.nn.softmax(tf.matmul(b["query"] @ wqk, support @ wqk, transpose_b=True) / tau)
            prototype = a @ (support @ wv)
            scores.append(-tf.reduce_sum(tf.square(b["query"] @ wv - prototype), axis=[1, 2]) / pix)
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=tf.stack(scores, axis=1))
        )

    def candidate(b):
        class CrossTransformer(keras.layers.Layer):
            def to_qkv(self, x):
                return x @ wqk, x @ wv

            def call(self, img_query, img_supports):
                query_q, query_v = self.to_qkv(img_query)
                supports_k, supports_v = self.to_qkv(img_supports)
                sim = tf.einsum("npd,nksd->nkps", query_q, supports_k)
                attn = tf.nn.softmax(sim, axis=-1)
                out = tf.einsum("nkps,nksd->nkpd", attn, supports_v)
                euclidean_dist = tf.reduce_sum((query_v[:, None] - out) ** 2, axis=[2, 3]) / pix
                return -euclidean_dist

        dists = CrossTransformer()(b["query"], b["supports"])
        picked = tf.gather(tf.nn.log_softmax(dists, axis=1), b["label"], axis=1, batch_dims=1)
        return -tf.reduce_mean(picked)

    return {"variables": [wqk, wv], "batch": batch, "reference": reference, "candidate": candidate}
