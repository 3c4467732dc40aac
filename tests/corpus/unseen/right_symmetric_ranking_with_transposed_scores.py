"""Right: the backward direction takes cross-entropy on the transposed block of positives, the forward direction keeps the hard negatives too.

Source (real): https://github.com/huggingface/sentence-transformers/issues/1921
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, dx, d, scale = 11, 6, 5, 8.0
    enc = tf.keras.layers.Dense(d, dtype="float64", name="enc")
    enc.build((None, dx))
    enc.kernel.assign(rng.normal(0, 0.6, (dx, d)))
    enc.bias.assign(rng.normal(0, 0.2, d))
    anchor = rng.normal(size=(n, dx))
    batch = {"anchor": anchor, "positive": anchor + 0.5 * rng.normal(size=(n, dx)), "negative": rng.normal(size=(n, dx))}

    def unit(x):
        return tf.math.l2_normalize(enc(x), axis=1)

    def reference(b):
        a, p, h = unit(b["anchor"]), unit(b["positive"]), unit(b["negative"])
        fwd, bwd = [], []
        for i in range(n):
            every = scale * tf.linalg.matvec(tf.concat([p, h], 0), a[i])
            fwd.append(tf.reduce_logsumexp(every) - every[i])
            col = scale * tf.linalg.matvec(a, p[i])
            bwd.append(tf.reduce_logsumexp(col) - col[i])
        return 0.5 * (tf.reduce_mean(tf.stack(fwd)) + tf.reduce_mean(tf.stack(bwd)))

    def candidate(b):
        a = unit(b["anchor"])
        cands = tf.concat([unit(b["positive"]), unit(b["negative"])], axis=0)
        scores = scale * tf.matmul(a, cands, transpose_b=True)
        labels = tf.range(n)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits
        forward_loss = tf.reduce_mean(ce(labels=labels, logits=scores))
        block = scores[:, :n]
        backward_loss = tf.reduce_mean(ce(labels=labels, logits=tf.transpose(block, [1, 0])))
        return (forward_loss + backward_loss) / 2.0

    return {"variables": [enc.kernel, enc.bias], "batch": batch, "reference": reference, "candidate": candidate}
