"""Acme's R2D2: to leave out steps beyond the end of an episode the mask has to be the discount of the step before (with ones
in front); discount > 0 itself drops the terminal transition as well, the one that carries the final reward.
Source: https://github.com/google-deepmind/acme/issues/239"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "mask = tf.cast(discounts > 0, f)",
    "same_forward_value": False,
}

T, B, D, H, A = 12, 5, 4, 6, 3


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    gamma = 0.97
    wx = keras.Variable(rng.normal(size=(D, H)) * 0.5, dtype=f, name="core_wx")
    wh = keras.Variable(rng.normal(size=(H, H)) * 0.3, dtype=f, name="core_wh")
    head = keras.Variable(rng.normal(size=(H, A)) * 0.5, dtype=f, name="q_head")
    target_q = rng.normal(size=(T, B, A))
    ends = rng.integers(4, T - 2, size=B)
    discount = (np.arange(T)[:, None] < ends[None, :]).astype(f)      # 0 at the terminal step and after it

    def unroll(obs):
        h, qs = tf.zeros([B, H], f), []
        for t in range(T):
            h = tf.tanh(tf.matmul(obs[t], wx) + tf.matmul(h, wh))
            qs.append(tf.matmul(h, head))
        return tf.stack(qs)

    def reference(batch):
        q = tf.reduce_sum(unroll(batch["obs"]) * tf.one_hot(batch["actions"], A, dtype=f), axis=-1)
        last = batch["discount"].shape[0] - 1
        bootstrap = tf.reduce_max(batch["target_q"][1:], axis=-1)
        td = batch["reward"][:last] + gamma * batch["discount"][:last] * bootstrap - q[:last]
        keep = tf.concat([tf.ones([1, B], f), batch["discount"][:last - 1]], axis=0)
        per_seq = tf.reduce_sum(0.5 * tf.square(td) * keep, axis=0) / (tf.reduce_sum(keep, axis=0) + 1e-5)
        return tf.reduce_mean(per_seq)

    def candidate(batch):
        online_q = unroll(batch["obs"])
        rewards, discounts = batch["reward"][:-1], batch["discount"][:-1]

        def one_sequence(q_tm1, a_tm1, r_t, d_t, q_t):
            qa = tf.gather(q_tm1, a_tm1, batch_dims=1)
            return r_t + d_t * gamma * tf.reduce_max(q_t, axis=1) - qa

        columns = [one_sequence(online_q[:-1, b], batch["actions"][:-1, b], rewards[:, b], discounts[:, b],
                                batch["target_q"][1:, b]) for b in range(B)]
        batch_td_error = tf.stack(columns, axis=1)
        mask = tf.cast(discounts > 0, f)
        batch_loss = 0.5 * batch_td_error ** 2 * mask
        return tf.reduce_mean(tf.reduce_sum(batch_loss, 0) / (tf.reduce_sum(mask, 0) + 1e-5))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"obs": rng.normal(size=(T, B, D)).astype(f), "actions": rng.integers(0, A, size=(T, B)).astype("int32"),
                  "reward": (rng.normal(size=(T, B)) + (np.arange(T)[:, None] == ends[None]) * 3.0).astype(f),
                  "discount": discount, "target_q": target_q.astype(f)},
        "variables": [wx, wh, head],
    }
