"""graph-learn's unsupervised loss scores positives with sim_function (here cosine), while the negatives always go through
tf.multiply (a plain dot product).
Source: https://github.com/alibaba/graph-learn/issues/33"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "neg_logit = tf.reduce_sum(tf.multiply(src_emb_exp, neg_emb), axis=-1)",
    "same_forward_value": False,
}


def cosine_sim(a, b):
    return tf.reduce_sum(tf.nn.l2_normalize(a, -1) * tf.nn.l2_normalize(b, -1), axis=-1)


def unsupervised_softmax(src_emb, pos_emb, neg_emb, emb_dim, neg_num, sim_function=cosine_sim):
    pos_logit = sim_function(src_emb, pos_emb)
    src_emb_exp = tf.tile(tf.expand_dims(src_emb, axis=1), [1, neg_num, 1])
    src_emb_exp = tf.reshape(src_emb_exp, [-1, emb_dim])
    neg_logit = tf.reduce_sum(tf.multiply(src_emb_exp, neg_emb), axis=-1)
    true_xent = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(pos_logit), logits=pos_logit)
    negative_xent = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.zeros_like(neg_logit), logits=neg_logit)
    return tf.reduce_mean(true_xent) + 1.0 * tf.reduce_mean(negative_xent)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    nodes, dim, k, n = 9, 4, 3, 12
    table = tf.Variable(rng.standard_normal((nodes, dim)).astype(f), name="node_embedding")

    def reference(batch):
        unit = table / tf.norm(table, axis=1, keepdims=True)
        cos = unit @ tf.transpose(unit)
        rows = tf.gather(cos, batch["src"])
        good = tf.gather(rows, batch["dst"], batch_dims=1)
        bad = tf.gather(rows, batch["neg"], batch_dims=1)
        return -tf.reduce_mean(tf.math.log_sigmoid(good)) - tf.reduce_mean(tf.math.log_sigmoid(-bad))

    def candidate(batch):
        src = tf.nn.embedding_lookup(table, batch["src"])
        pos = tf.nn.embedding_lookup(table, batch["dst"])
        neg = tf.nn.embedding_lookup(table, tf.reshape(batch["neg"], [-1]))
        return unsupervised_softmax(src, pos, neg, dim, k)

    return {"reference": reference, "candidate": candidate,
            "batch": {"src": rng.integers(0, nodes, n).astype("int32"), "dst": rng.integers(0, nodes, n).astype("int32"),
                      "neg": rng.integers(0, nodes, (n, k)).astype("int32")}, "variables": [table]}
