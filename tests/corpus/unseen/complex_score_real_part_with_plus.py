"""EmbedKGQA: the last product of the ComplEx score has ac + bd where a reader expects ac - bd; the tail is conjugated,
so that the code is right.
Source: https://github.com/malllabiisc/EmbedKGQA/issues/124"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, ents, dim, q_dim = 15, 12, 4, 6
    ent_re, ent_im = var("ent_re", ents, dim), var("ent_im", ents, dim)
    proj = var("proj", q_dim, 2 * dim)
    batch = {
        "head": rng.integers(0, ents, n),
        "question": rng.standard_normal((n, q_dim)).astype(f),
        "answer": rng.integers(0, 2, (n, ents)).astype(f),
    }

    def reference(batch):
        table = tf.complex(tf.convert_to_tensor(ent_re), tf.convert_to_tensor(ent_im))
        q = batch["question"] @ proj
        rel = tf.complex(q[:, :dim], q[:, dim:])
        scores = tf.matmul(tf.gather(table, batch["head"]) * rel, tf.math.conj(table), transpose_b=True)
        p = tf.sigmoid(tf.math.real(scores))
        y = batch["answer"]
        return -tf.reduce_mean(y * tf.math.log(p) + (1.0 - y) * tf.math.log(1.0 - p))

    def candidate(batch):
        def ComplEx(head, relation):
            re_head, im_head = head
            re_relation, im_relation = tf.split(relation, 2, axis=1)
            re_score = re_head * re_relation - im_head * im_relation
            im_score = re_head * im_relation + im_head * re_relation
            return (tf.matmul(re_score, ent_re, transpose_b=True)
                    + tf.matmul(im_score, ent_im, transpose_b=True))

        rel_embedding = tf.matmul(batch["question"], proj)
        head = [tf.nn.embedding_lookup(t, batch["head"]) for t in (ent_re, ent_im)]
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["answer"], logits=ComplEx(head, rel_embedding))
        return tf.reduce_mean(bce)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [ent_re, ent_im, proj]}
