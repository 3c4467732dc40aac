"""Right: the loss mask is cut with [:, 1:] like the labels (not [:, :-1] like the logits); the loop over tokens agrees.

Source (real): https://github.com/OpenRLHF/OpenRLHF/issues/465
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, v, d = 6, 7, 8, 4
    emb = tf.Variable(rng.normal(size=(v, d)).astype(np.float32), name="emb")
    out = tf.Variable((0.7 * rng.normal(size=(d, v))).astype(np.float32), name="out")
    ids = rng.integers(1, v, (n, t)).astype(np.int32)
    attn = (np.arange(t)[None] < rng.integers(5, t + 1, n)[:, None]).astype(np.int32)
    batch = {"ids": ids, "attention": attn, "prompt_len": rng.integers(1, 4, n).astype(np.int32),
             "ref": (-8 + rng.normal(size=n)).astype(np.float32)}
    beta = 0.2

    def logits_of(x):
        return tf.matmul(tf.nn.silu(tf.gather(emb, x)), out)

    def finish(seq, ref):
        r = seq - ref
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * (r[: n // 2] - r[n // 2:])))

    def reference(b):
        lp = tf.nn.log_softmax(logits_of(b["ids"]))
        seq = []
        for i in range(n):
            s = 0.0
            for j in range(int(b["prompt_len"][i]), t):
                if b["attention"][i, j] > 0:
                    s += lp[i, j - 1, b["ids"][i, j]]
            seq.append(s)
        return finish(tf.stack(seq), b["ref"])

    def candidate(b):
        labels = b["ids"][:, 1:]
        logits = logits_of(b["ids"])[:, :-1, :]
        masks = tf.cast(b["attention"], tf.bool) & (tf.range(t)[None] >= b["prompt_len"][:, None])
        loss_masks = masks[:, 1:]
        labels = tf.where(loss_masks, labels, 0)
        per_token = tf.gather(tf.nn.log_softmax(logits), labels, batch_dims=2)
        seq = tf.reduce_sum(per_token * tf.cast(loss_masks, tf.float32), axis=-1)
        return finish(seq, b["ref"])

    return {"variables": [emb, out], "batch": batch, "reference": reference, "candidate": candidate}
