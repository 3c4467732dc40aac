"""Entity alignment GCN: the degree counts every triple between two entities, the adjacency has one edge for them.

Source (real): https://github.com/StephanieWyt/RDGCN/pull/7 (TensorFlow 1, ported).
Right answer: NOT equivalent where two entities share more than one relation; the normalised weights are too small.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "du = 1.0 + tf.reduce_sum(links, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, ents, triples, dim = 12, 6, 14, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb = tf.Variable(arr(ents, dim), name="ent_embeddings")
    w0 = tf.Variable(1.0 + 0.3 * arr(1, dim), name="diag")
    kernel_gate = tf.Variable(0.5 * arr(dim, dim), name="kernel_gate")
    batch = {
        "head": rng.integers(0, ents, (n, triples)),
        "tail": rng.integers(0, ents, (n, triples)),
        "target": 0.3 * arr(n, ents, dim),
    }

    def highway(layer1, layer2):
        gate = tf.sigmoid(layer1 @ kernel_gate)
        return gate * layer2 + (1.0 - gate) * layer1

    def reference(b):
        m = b["head"].shape[0]
        losses = []
        for g in range(m):
            around = [{v} for v in range(ents)]
            for h, t in zip(b["head"][g].numpy(), b["tail"][g].numpy()):
                around[h].add(int(t))
                around[t].add(int(h))
            scaled = emb * w0
            rows = []
            for v in range(ents):
                near = [scaled[u] / np.sqrt(len(around[u]) * len(around[v])).astype(f) for u in around[v]]
                rows.append(tf.add_n(near))
            out = highway(emb, tf.nn.relu(tf.stack(rows)))
            losses.append(tf.reduce_mean(tf.reduce_sum(tf.abs(out - b["target"][g]), 1)))
        return tf.add_n(losses) / m

    def candidate(b):
        heads = tf.one_hot(b["head"], ents, dtype=emb.dtype)
        tails = tf.one_hot(b["tail"], ents, dtype=emb.dtype)
        eye = tf.eye(ents, dtype=emb.dtype)
        links = tf.einsum("btu,btv->buv", heads, tails)
        links = (links + tf.transpose(links, [0, 2, 1])) * (1.0 - eye)
        M = tf.cast(links > 0, emb.dtype) + eye
        du = 1.0 + tf.reduce_sum(links, axis=-1)
        M = M / tf.sqrt(du)[:, :, None] / tf.sqrt(du)[:, None, :]

        layer = tf.nn.relu(M @ (emb * w0))
        out = highway(emb, layer)
        return tf.reduce_mean(tf.reduce_sum(tf.abs(out - b["target"]), axis=-1))

    return {"variables": [emb, w0, kernel_gate], "batch": batch, "reference": reference, "candidate": candidate}
