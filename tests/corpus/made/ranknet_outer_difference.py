"""RankNet inside one query: scores (n, 1) minus scores (n,) is an (n, n) matrix on purpose, and pairs are
selected with a float mask.

Source: realistic (pairwise ranking losses reported as "accidental broadcasting").
Right answer: EQUIVALENT to the loop over ordered pairs.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 16, 5, 6
    l1 = keras.layers.Dense(hid, activation="relu", name="rank_hidden", dtype=f)
    l2 = keras.layers.Dense(1, use_bias=False, name="rank_score", dtype=f)
    l1.build((None, d))
    l2.build((None, hid))
    for layer in (l1, l2):
        layer.set_weights([0.7 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    batch = {"doc": rng.standard_normal((n, d)).astype(f), "rel": rng.integers(0, 4, n).astype("int32")}

    def reference(b):
        m = b["rel"].shape[0]
        s = [l2(l1(b["doc"][i : i + 1]))[0, 0] for i in range(m)]
        total, pairs = 0.0, 0
        for i in range(m):
            for j in range(m):
                if int(b["rel"][i]) > int(b["rel"][j]):
                    total += tf.nn.softplus(s[j] - s[i])
                    pairs += 1
        return total / pairs

    def candidate(b):
        score = l2(l1(b["doc"]))
        diff = score - tf.reshape(score, [-1])
        better = tf.cast(b["rel"][:, None] > b["rel"], diff.dtype)
        nll = -tf.math.log_sigmoid(diff)
        return tf.reduce_sum(nll * better) / tf.reduce_sum(better)

    return {
        "variables": l1.trainable_variables + l2.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
