"""Graph recommender SGL: the squared embedding norms of the batch are divided by the batch size, the paper's code adds
them up, so the regulariser is too weak by that factor.
Source: https://github.com/RUCAIBox/RecBole-GNN/issues/67"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "emb_loss /= embeddings[-1].shape[0]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, users, items, dim, reg = 13, 6, 8, 4, 0.05
    user_table = tf.Variable(rng.normal(size=(users, dim)).astype(f), name="user_table")
    item_table = tf.Variable(rng.normal(size=(items, dim)).astype(f), name="item_table")
    batch = {
        "user": rng.integers(0, users, size=(n,)).astype("int32"),
        "pos": rng.integers(0, items, size=(n,)).astype("int32"),
        "neg": rng.integers(0, items, size=(n,)).astype("int32"),
    }

    def reference(batch):
        u = tf.gather(user_table, batch["user"])
        i, j = tf.gather(item_table, batch["pos"]), tf.gather(item_table, batch["neg"])
        ranking = tf.reduce_sum(tf.nn.softplus(tf.reduce_sum(u * (j - i), axis=1)))
        l2 = sum(tf.nn.l2_loss(t) * 2.0 for t in (u, i, j))
        return ranking + reg * l2

    def candidate(batch):
        class BPRLoss:
            def __call__(self, pos_score, neg_score):
                return -tf.reduce_sum(tf.math.log_sigmoid(pos_score - neg_score))

        class EmbLoss:
            def __init__(self, norm=2):
                self.norm = norm

            def __call__(self, *embeddings):
                emb_loss = 0.0
                for embedding in embeddings:
                    emb_loss += tf.reduce_sum(tf.pow(tf.abs(embedding), self.norm))
                emb_loss /= embeddings[-1].shape[0]
                return emb_loss

        rec_loss, reg_loss = BPRLoss(), EmbLoss()
        u_e = tf.nn.embedding_lookup(user_table, batch["user"])
        pi_e = tf.nn.embedding_lookup(item_table, batch["pos"])
        ni_e = tf.nn.embedding_lookup(item_table, batch["neg"])
        p_scores = tf.einsum("nd,nd->n", u_e, pi_e)
        n_scores = tf.einsum("nd,nd->n", u_e, ni_e)
        return rec_loss(p_scores, n_scores) + reg * reg_loss(u_e, pi_e, ni_e)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [user_table, item_table]}
