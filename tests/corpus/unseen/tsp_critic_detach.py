"""Neural combinatorial optimisation (encode-attend-navigate): the critic's prediction is used undetached as baseline in the policy loss, so the critic is trained by both losses. Source: https://github.com/astariul/encode-attend-navigate-pytorch/pull/3"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "advantage = tour_lengths - critic_values",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, cities, d = 5, 6, 8
    w_enc = tf.Variable(rng.normal(scale=0.5, size=(2, d)).astype(np.float32), name="w_enc")
    w_query = tf.Variable(rng.normal(scale=0.4, size=(d, d)).astype(np.float32), name="w_query")
    start_token = tf.Variable(rng.normal(scale=0.4, size=(d,)).astype(np.float32), name="start")
    w_critic = tf.Variable(rng.normal(scale=0.4, size=(d, d)).astype(np.float32), name="w_critic")
    v_critic = tf.Variable(rng.normal(scale=0.4, size=(d, 1)).astype(np.float32), name="v_critic")

    def encode(coords):
        return tf.nn.tanh(tf.einsum("bnc,cd->bnd", coords, w_enc))

    def tour_log_prob(coords, tour):
        encoded = encode(coords)
        query = tf.tile(start_token[None, :], [n, 1])
        visited = tf.zeros([n, cities])
        log_prob = tf.zeros([n])
        for step in range(cities):
            scores = tf.einsum("bd,bnd->bn", tf.matmul(query, w_query), encoded) / np.sqrt(d)
            scores = 5.0 * tf.tanh(scores) - 1e8 * visited
            idx = tour[:, step]
            log_prob += tf.gather(tf.nn.log_softmax(scores), idx, batch_dims=1)
            query = tf.gather(encoded, idx, batch_dims=1)
            visited += tf.one_hot(idx, cities)
        return log_prob

    def tour_length(coords, tour):
        ordered = tf.gather(coords, tour, batch_dims=1)
        return tf.reduce_sum(tf.norm(ordered - tf.roll(ordered, 1, axis=1), axis=-1), axis=1)

    def critic(coords):
        glimpse = tf.reduce_mean(tf.stop_gradient(encode(coords)), axis=1)
        return tf.squeeze(tf.matmul(tf.nn.relu(tf.matmul(glimpse, w_critic)), v_critic), axis=1)

    def reference(batch):
        lengths = tour_length(batch["coords"], batch["tour"])
        values = critic(batch["coords"])
        adv = lengths - tf.stop_gradient(values)
        actor_loss = tf.reduce_mean(adv * tour_log_prob(batch["coords"], batch["tour"]))
        critic_loss = tf.reduce_mean(tf.square(lengths - values))
        return actor_loss + critic_loss

    def candidate(batch):
        coords, tour = batch["coords"], batch["tour"]
        tour_lengths = tour_length(coords, tour)
        critic_values = critic(coords)
        advantage = tour_lengths - critic_values
        loss_1 = tf.reduce_mean(advantage * tour_log_prob(coords, tour))
        loss_2 = tf.reduce_mean((tour_lengths - critic_values) ** 2)
        return loss_1 + loss_2

    batch = {
        "coords": rng.uniform(size=(n, cities, 2)).astype(np.float32),
        "tour": np.stack([rng.permutation(cities) for _ in range(n)]).astype(np.int32),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [w_enc, w_query, start_token, w_critic, v_critic]}
