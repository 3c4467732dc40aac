"""The cosine centroid loss compares an utterance with a centroid of its own speaker which contains the
utterance itself (the correction of Eq. 9 of the GE2E paper is missing). Source: https://github.com/Popgun-Labs/PopGen/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "own = tf.repeat(total / m, m, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    s, m, f, d = 4, 3, 6, 5
    proj = var("proj", f, d)
    w = tf.Variable(np.array(4.0, dtype=fx), name="scale")
    c = -1.0
    spk = rng.standard_normal((s, 1, f))
    batch = {"utterances": (spk + rng.standard_normal((s, m, f))).astype(fx),
             "speaker": np.repeat(np.arange(s)[:, None], m, axis=1).astype("int32")}

    def embed(x):
        return tf.math.l2_normalize(tf.tanh(x @ tf.reshape(proj, (1, f, d))), axis=-1)

    def reference(batch):
        e = embed(batch["utterances"])
        losses = []
        for j in range(s):
            for i in range(m):
                row = []
                for k in range(s):
                    members = [e[k, q] for q in range(m) if not (k == j and q == i)]
                    centre = tf.math.l2_normalize(tf.add_n(members) / len(members))
                    row.append(w * tf.reduce_sum(e[j, i] * centre) + c)
                row = tf.stack(row)
                losses.append(tf.reduce_logsumexp(row) - row[batch["speaker"][j, i]])
        return tf.add_n(losses) / (s * m)

    def candidate(batch):
        emb = embed(batch["utterances"])
        total = tf.reduce_sum(emb, axis=1, keepdims=True)
        centroids = tf.math.l2_normalize(total[:, 0] / m, axis=-1)
        own = tf.repeat(total / m, m, axis=1)
        own_sim = tf.reduce_sum(emb * tf.math.l2_normalize(own, axis=-1), axis=-1, keepdims=True)
        sim = tf.einsum("jid,kd->jik", emb, centroids)
        is_own = tf.one_hot(batch["speaker"], s, dtype=sim.dtype)
        sim = w * (is_own * own_sim + (1.0 - is_own) * sim) + c
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["speaker"], logits=sim)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [proj, w]}
