"""TSP pointer policy with critic baseline: the policy loss back-propagates into the critic through the TD error.
Source: https://github.com/astariul/encode-attend-navigate-pytorch/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "td_error = reward - predictions",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, n_city, h = 5, 6, 5
    enc = tf.Variable(rng.standard_normal((2, h)) * 0.8, dtype=fx, name="encoder")
    query = tf.Variable(rng.standard_normal((h, h)) * 0.8, dtype=fx, name="query")
    crit = tf.Variable(rng.standard_normal((h, 1)) * 0.8, dtype=fx, name="critic")

    def tour_logprob(emb, tour):
        avail = tf.ones([B, n_city], emb.dtype)
        last, lp = tf.reduce_mean(emb, axis=1), 0.0
        for t in range(n_city):
            score = 3.0 * tf.tanh(tf.einsum("bh,bnh->bn", last @ query, emb)) - 1e9 * (1.0 - avail)
            lp += tf.gather(tf.nn.log_softmax(score), tour[:, t], batch_dims=1)
            avail -= tf.one_hot(tour[:, t], n_city, dtype=emb.dtype)
            last = tf.gather(emb, tour[:, t], batch_dims=1)
        return lp

    def tour_length(xy, tour):
        path = tf.gather(xy, tour, batch_dims=1)
        return tf.reduce_sum(tf.norm(path - tf.roll(path, -1, axis=1), axis=-1), axis=1)

    def reference(batch):
        emb = tf.tanh(batch["xy"] @ enc)
        lp = tour_logprob(emb, batch["tour"])
        dist = tour_length(batch["xy"], batch["tour"])
        v = (tf.stop_gradient(tf.reduce_mean(emb, 1)) @ crit)[:, 0]
        actor_term = tf.reduce_mean(tf.stop_gradient(dist - v) * lp)
        critic_term = tf.reduce_mean((dist - v) ** 2)
        return actor_term + critic_term

    def candidate(batch):
        embeddings = tf.tanh(tf.matmul(batch["xy"], enc))
        log_prob = tour_logprob(embeddings, batch["tour"])
        reward = tour_length(batch["xy"], batch["tour"])
        glimpse = tf.stop_gradient(tf.reduce_mean(embeddings, axis=1))
        predictions = tf.squeeze(tf.matmul(glimpse, crit), axis=1)
        td_error = reward - predictions
        loss1 = tf.reduce_mean(td_error * log_prob)
        loss2 = tf.reduce_mean(tf.math.squared_difference(reward, predictions))
        return loss1 + loss2

    return {"reference": reference, "candidate": candidate,
            "batch": {"xy": rng.uniform(0, 1, (B, n_city, 2)).astype(fx),
                      "tour": np.stack([rng.permutation(n_city) for _ in range(B)]).astype("int32")},
            "variables": [enc, query, crit]}
