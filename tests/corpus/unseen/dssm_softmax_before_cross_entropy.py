"""DSSM: the model returns a softmax over the scaled cosine similarities, and CrossEntropyLoss applies a softmax again.
Source: https://github.com/nishnik/Deep-Semantic-Similarity-Model-PyTorch/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.nn.softmax(with_gamma, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e, docs = 15, 7, 4, 5
    q_w = tf.Variable(rng.normal(size=(d, e)).astype(f) * 0.4, name="query_sem")
    d_w = tf.Variable(rng.normal(size=(d, e)).astype(f) * 0.4, name="doc_sem")
    gamma = tf.Variable(np.asarray(2.5, f), name="learn_gamma")
    q = rng.normal(size=(n, d)).astype(f)
    dd = rng.normal(size=(n, docs, d)).astype(f)

    def reference(batch):
        u = tf.nn.l2_normalize(tf.tanh(batch["q"] @ q_w), axis=-1)
        v = tf.nn.l2_normalize(tf.tanh(tf.einsum("bjd,de->bje", batch["docs"], d_w)), axis=-1)
        score = gamma * tf.einsum("be,bje->bj", u, v)
        return tf.reduce_mean(tf.reduce_logsumexp(score, axis=1) - score[:, 0])

    def candidate(batch):
        def cosine_similarity(a, b):
            return tf.reduce_sum(a * b, axis=1) / (tf.norm(a, axis=1) * tf.norm(b, axis=1))

        class CDSSM:
            def forward(self, q, pos, negs):
                q_s = tf.tanh(tf.matmul(q, q_w))
                pos_s = tf.tanh(tf.matmul(pos, d_w))
                neg_s = [tf.tanh(tf.matmul(neg, d_w)) for neg in negs]
                dots = [cosine_similarity(q_s, pos_s)] + [cosine_similarity(q_s, ns) for ns in neg_s]
                with_gamma = tf.stack(dots, axis=1) * gamma
                return tf.nn.softmax(with_gamma, axis=1)

        negs = [batch["docs"][:, j] for j in range(1, docs)]
        y_pred = CDSSM().forward(batch["q"], batch["docs"][:, 0], negs)
        target = tf.zeros((n,), tf.int32)
        criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return criterion(target, y_pred)

    return {"reference": reference, "candidate": candidate, "batch": {"q": q, "docs": dd},
            "variables": [q_w, d_w, gamma]}
