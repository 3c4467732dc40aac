"""cornac's LightGCN adds the layers with 1/(l+1), l the index of the layer, instead of 1/(L+1), L the number of layers.
Source: https://github.com/PreferredAI/cornac/pull/602"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "scale = 1 / (k + 1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    users, items, d, n_layers, b = 9, 7, 4, 3, 20
    r = (rng.random((users, items)) < 0.4).astype(f)
    r[np.arange(users), np.arange(users) % items] = 1
    user_w = tf.Variable((0.8 * rng.standard_normal((users, d))).astype(f), name="user")
    item_w = tf.Variable((0.8 * rng.standard_normal((items, d))).astype(f), name="item")
    norm = (r / np.sqrt(r.sum(1, keepdims=True)) / np.sqrt(r.sum(0, keepdims=True))).astype(f)

    def reference(batch):
        size = users + items
        a = np.zeros((size, size), f)
        a[:users, users:], a[users:, :users] = norm, norm.T
        layers = [tf.concat([user_w, item_w], 0)]
        for _ in range(n_layers):
            layers.append(tf.linalg.matmul(a, layers[-1]))
        final = tf.reduce_mean(tf.stack(layers, 1), 1)
        u = tf.gather(final, batch["user"])
        diff = tf.gather(final, users + batch["pos"]) - tf.gather(final, users + batch["neg"])
        return tf.reduce_mean(tf.nn.softplus(-tf.reduce_sum(u * diff, -1)))

    def candidate(batch):
        class Model:
            def __init__(self):
                self.feature_dict = {"user": user_w, "item": item_w}
                self.layers = [self.propagate] * n_layers

            def propagate(self, h):
                return {"user": norm @ h["item"], "item": norm.T @ h["user"]}

            def forward(self):
                h_dict = self.feature_dict
                user_embeds, item_embeds = h_dict["user"] + 0.0, h_dict["item"] / (n_layers + 1)
                user_embeds = user_embeds / (n_layers + 1)
                for k, layer in enumerate(self.layers, 1):
                    h_dict = layer(h_dict)
                    scale = 1 / (k + 1)
                    user_embeds += h_dict["user"] * scale
                    item_embeds += h_dict["item"] * scale
                return user_embeds, item_embeds

            def loss_fn(self, users_, positive, negative):
                u_emb, i_emb = self.forward()
                u = tf.gather(u_emb, users_)
                pos = tf.einsum("bd,bd->b", u, tf.gather(i_emb, positive))
                neg = tf.einsum("bd,bd->b", u, tf.gather(i_emb, negative))
                return -tf.reduce_mean(tf.math.log_sigmoid(pos - neg))

        return Model().loss_fn(batch["user"], batch["pos"], batch["neg"])

    u = rng.integers(0, users, b)
    batch = {"user": u, "pos": rng.integers(0, items, b), "neg": rng.integers(0, items, b)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [user_w, item_w]}
