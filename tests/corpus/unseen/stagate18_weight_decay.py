"""The weight-decay loss is reset to zero inside the loop over layers, so only the last layer is decayed. Source: https://github.com/RucDongLab/STAGATE/issues/18"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "weight_decay_loss = 0",
    "same_forward_value": False,
}


class GATE:
    def __init__(self, hidden_dims, rng, weight_decay=1e-2):
        self.n_layers = len(hidden_dims) - 1
        self.weight_decay = weight_decay
        self.W, self.v = {}, {}
        for i in range(self.n_layers):
            self.W[i] = tf.Variable(rng.normal(0, 0.5, (hidden_dims[i], hidden_dims[i + 1])).astype("float32"))
        for i in range(self.n_layers - 1):
            self.v[i] = [tf.Variable(rng.normal(0, 0.5, (hidden_dims[i + 1], 1)).astype("float32")) for _ in range(2)]

    def graph_attention(self, A, M, layer):
        logits = tf.sigmoid(M @ self.v[layer][0] + tf.transpose(M @ self.v[layer][1]))
        return tf.nn.softmax(tf.where(A > 0, logits, -1e9), axis=1)

    def reconstruct(self, A, X):
        C, H = {}, X
        for layer in range(self.n_layers):
            H = H @ self.W[layer]
            if layer != self.n_layers - 1:
                C[layer] = self.graph_attention(A, H, layer)
                H = tf.nn.elu(C[layer] @ H)
        for layer in range(self.n_layers - 1, -1, -1):
            H = tf.matmul(H, self.W[layer], transpose_b=True)
            if layer != 0:
                H = tf.nn.elu(C[layer - 1] @ H)
        return H

    def loss(self, A, X):
        features_loss = tf.sqrt(tf.reduce_sum(tf.reduce_sum(tf.pow(X - self.reconstruct(A, X), 2))))
        for layer in range(self.n_layers):
            weight_decay_loss = 0
            weight_decay_loss += tf.multiply(tf.nn.l2_loss(self.W[layer]), self.weight_decay, name="weight_loss")
        return features_loss + weight_decay_loss


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, genes = 7, 9
    model = GATE([genes, 6, 3], rng, weight_decay=0.5)

    def reference(batch):
        residual = batch["X"] - model.reconstruct(batch["A"], batch["X"])
        decay = tf.add_n([0.5 * tf.reduce_sum(w * w) for w in model.W.values()])
        return tf.norm(residual) + model.weight_decay * decay

    def candidate(batch):
        return model.loss(batch["A"], batch["X"])

    adj = (rng.random((n, n)) < 0.4).astype("float32")
    adj = np.maximum(np.maximum(adj, adj.T), np.eye(n, dtype="float32"))
    batch = {"A": adj, "X": rng.gamma(1.0, 0.5, (n, genes)).astype("float32")}
    variables = list(model.W.values()) + [x for pair in model.v.values() for x in pair]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
