"""Pointer-network REINFORCE for the TSP: the critic's baseline is not detached in the advantage of the policy loss.

Source (real): https://github.com/jingw2/neural-combinatorial-optimization-rl/issues/1 (PyTorch, ported).
Right answer: NOT equivalent; the policy loss also pulls at the baseline network.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "advantage = L - tf.reshape(baseline, [-1])",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, cities, d = 12, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embed = tf.Variable(0.8 * arr(2, d), name="embed")
    query = tf.Variable(0.8 * arr(d, d), name="query")
    critic_w = tf.Variable(0.7 * arr(2 * cities, 1), name="critic_w")
    tours = np.stack([rng.permutation(cities) for _ in range(n)])
    batch = {"coords": rng.random((n, cities, 2)).astype(f), "tour": tours}

    def tour_length(coords, tour):
        route = tf.gather(coords, tour, batch_dims=1)
        return tf.reduce_sum(tf.norm(route - tf.roll(route, -1, axis=1), axis=-1), axis=1)

    def reference(b):
        policy, critic = 0.0, 0.0
        m = b["tour"].shape[0]
        length = tour_length(b["coords"], b["tour"])
        for i in range(m):
            value = tf.reduce_sum(tf.reshape(b["coords"][i], [-1]) * critic_w[:, 0])
            z = tf.tanh(b["coords"][i] @ embed)
            order = b["tour"][i].numpy().tolist()
            logp = 0.0
            for t in range(1, cities):
                left = order[t:]
                scores = tf.linalg.matvec(tf.gather(z, left), tf.linalg.matvec(query, z[order[t - 1]], transpose_a=True))
                logp += tf.nn.log_softmax(scores)[0]
            policy += tf.stop_gradient(length[i] - value) * logp
            critic += tf.square(length[i] - value)
        return (policy + critic) / m

    def candidate(b):
        L = tour_length(b["coords"], b["tour"])
        baseline = tf.reshape(b["coords"], [-1, 2 * cities]) @ critic_w
        hidden = tf.gather(tf.tanh(b["coords"] @ embed), b["tour"], batch_dims=1)
        scores = tf.einsum("btd,de,bse->bts", hidden[:, :-1], query, hidden)
        visited = tf.linalg.band_part(tf.ones([cities - 1, cities], dtype=bool), -1, 0)
        scores = tf.where(visited, -1e9, scores)
        log_probs = tf.nn.log_softmax(scores, axis=-1)
        chosen = tf.linalg.diag_part(log_probs[:, :, 1:])
        advantage = L - tf.reshape(baseline, [-1])
        actor_loss = tf.reduce_mean(advantage * tf.reduce_sum(chosen, axis=1))
        critic_loss = tf.reduce_mean(keras.losses.mean_squared_error(L[:, None], baseline))
        return actor_loss + critic_loss

    return {"variables": [embed, query, critic_w], "batch": batch, "reference": reference, "candidate": candidate}
