"""Prototypical network: segment means as prototypes, |q|^2 left out of the squared distance.

Origin: realistic (a common speed-up of few-shot code; reviewers ask where the query norm went).
Right answer: EQUIVALENT; |q|^2 is the same for all classes and cancels in the softmax.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

WAYS = 4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, e = 21, 5, 7, 3
    net = keras.Sequential(
        [
            keras.Input((d,), dtype=f),
            keras.layers.Dense(hid, activation="elu", name="fc1", dtype=f),
            keras.layers.Dense(e, use_bias=False, name="fc2", dtype=f),
        ]
    )
    net.set_weights([0.6 * rng.standard_normal(w.shape).astype(f) for w in net.get_weights()])
    batch = {
        "support": rng.standard_normal((n, d)).astype(f),
        "support_y": rng.permutation(np.arange(n) % WAYS),
        "query": rng.standard_normal((n, d)).astype(f),
        "query_y": rng.integers(0, WAYS, n),
    }

    def reference(b):
        m = b["query_y"].shape[0]
        s = net(b["support"])
        protos = []
        for c in range(WAYS):
            members = [s[i] for i in range(m) if int(b["support_y"][i]) == c]
            protos.append(tf.add_n(members) / len(members))
        total = 0.0
        for i in range(m):
            q = net(b["query"][i : i + 1])[0]
            dist = tf.stack([tf.reduce_sum(tf.square(q - p)) for p in protos])
            total += dist[b["query_y"][i]] + tf.reduce_logsumexp(-dist)
        return total / m

    def candidate(b):
        proto = tf.math.unsorted_segment_mean(net(b["support"]), b["support_y"], num_segments=WAYS)
        q = net(b["query"])
        logits = 2.0 * tf.tensordot(q, proto, axes=[[1], [1]]) - tf.reduce_sum(proto**2, axis=-1)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
        return loss(b["query_y"], logits) / tf.cast(tf.shape(q)[0], logits.dtype)

    return {"variables": net.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
