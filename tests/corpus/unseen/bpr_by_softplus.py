"""Right: softplus(negative - positive) is the negative log-sigmoid of the paper's BPR loss, only with the sign inside.
Source: https://github.com/gusye1234/LightGCN-PyTorch/issues/30"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    users, items, d, layers, b = 7, 10, 6, 2, 16
    clicked = (rng.random((users, items)) < 0.35).astype("float32")
    clicked[np.arange(users), rng.integers(0, items, users)] = 1.0
    clicked[rng.integers(0, users, items), np.arange(items)] = 1.0
    user = rng.integers(0, users, size=b)
    positive = np.array([rng.choice(np.flatnonzero(clicked[i])) for i in user]).astype("int32")
    negative = np.array([rng.choice(np.flatnonzero(clicked[i] == 0)) for i in user]).astype("int32")
    user = user.astype("int32")
    weight_decay = 1e-2

    embedding_user = tf.Variable(rng.normal(size=(users, d)).astype("float32"))
    embedding_item = tf.Variable(rng.normal(size=(items, d)).astype("float32"))

    root_u, root_i = np.sqrt(clicked.sum(1)), np.sqrt(clicked.sum(0))
    between = (clicked / root_u[:, None] / root_i[None]).astype("float32")

    def reference(batch):
        u_layer, i_layer = embedding_user, embedding_item
        u_all, i_all = [tf.convert_to_tensor(u_layer)], [tf.convert_to_tensor(i_layer)]
        for _ in range(layers):
            u_layer, i_layer = between @ i_layer, tf.matmul(between, u_layer, transpose_a=True)
            u_all.append(u_layer)
            i_all.append(i_layer)
        final_u, final_i = tf.add_n(u_all) / (layers + 1), tf.add_n(i_all) / (layers + 1)
        score = tf.matmul(final_u, final_i, transpose_b=True)
        log_likelihood, penalty = 0.0, 0.0
        for k in range(b):
            i, p, q = batch["user"][k], batch["positive"][k], batch["negative"][k]
            log_likelihood += tf.math.log_sigmoid(score[i, p] - score[i, q])
            rows = [embedding_user[i], embedding_item[p], embedding_item[q]]
            penalty += tf.add_n([tf.reduce_sum(row * row) for row in rows])
        return -log_likelihood / b + weight_decay * 0.5 * penalty / b

    size = users + items
    graph = np.zeros((size, size), "float32")
    graph[:users, users:], graph[users:, :users] = between, between.T

    class LightGCN:
        def computer(self):
            all_emb = tf.concat([embedding_user, embedding_item], axis=0)
            embs = [all_emb]
            for _ in range(layers):
                all_emb = tf.matmul(graph, all_emb)
                embs.append(all_emb)
            light_out = tf.reduce_mean(tf.stack(embs, axis=1), axis=1)
            return tf.split(light_out, [users, items])

        def bpr_loss(self, u, pos, neg):
            all_users, all_items = self.computer()
            users_emb, pos_emb, neg_emb = tf.gather(all_users, u), tf.gather(all_items, pos), tf.gather(all_items, neg)
            ego = [tf.gather(embedding_user, u), tf.gather(embedding_item, pos), tf.gather(embedding_item, neg)]
            reg_loss = 0.5 * sum(tf.norm(e) ** 2 for e in ego) / float(b)
            pos_scores = tf.reduce_sum(users_emb * pos_emb, axis=1)
            neg_scores = tf.reduce_sum(users_emb * neg_emb, axis=1)
            loss = tf.reduce_mean(tf.nn.softplus(neg_scores - pos_scores))
            return loss, reg_loss

    model = LightGCN()

    def candidate(batch):
        loss, reg_loss = model.bpr_loss(batch["user"], batch["positive"], batch["negative"])
        return loss + weight_decay * reg_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"user": user, "positive": positive, "negative": negative},
            "variables": [embedding_user, embedding_item]}
