"""Categorical Double DQN makes the same update as Categorical DQN: the target net also selects the action.
Source: https://github.com/chainer/chainerrl/pull/567"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'next_q = tf.reduce_sum(next_dist * z, axis=-1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, n_act, atoms = 6, 4, 3, 7
    w = var("w", d, n_act * atoms, scale=1.0)
    w_target = tf.constant((w.numpy() + 1.2 * rng.normal(size=w.shape)).astype(f))

    def dist(x, kernel):
        return tf.nn.softmax(tf.reshape(x @ kernel, [-1, n_act, atoms]), axis=-1)

    def project(probs, support, z):
        dz = z[1] - z[0]
        clipped = tf.clip_by_value(support, z[0], z[-1])
        share = tf.clip_by_value(1.0 - tf.abs(clipped[:, :, None] - z) / dz, 0.0, 1.0)
        return tf.einsum("bi,bij->bj", probs, share)

    def reference(batch):
        z, loss = batch["z"], 0.0
        online_next = dist(batch["next_obs"], w)
        target_next = dist(batch["next_obs"], w_target)
        here = dist(batch["obs"], w)
        for i in range(n):
            greedy = tf.argmax(tf.linalg.matvec(online_next[i], z))
            tz = batch["rew"][i] + batch["disc"][i] * z
            m = tf.stop_gradient(project(target_next[i][greedy][None], tz[None], z))[0]
            loss -= tf.reduce_sum(m * tf.math.log(here[i][batch["act"][i]]))
        return loss / n

    def candidate(batch):
        z = batch["z"]
        next_dist = dist(batch["next_obs"], w_target)
        next_q = tf.reduce_sum(next_dist * z, axis=-1)
        greedy = tf.argmax(next_q, axis=-1)
        next_probs = tf.gather(next_dist, greedy, batch_dims=1)
        shifted = batch["rew"][:, None] + batch["disc"][:, None] * z[None]
        target = tf.stop_gradient(project(next_probs, shifted, z))
        taken = tf.gather(dist(batch["obs"], w), batch["act"], batch_dims=1)
        return tf.reduce_mean(-tf.reduce_sum(target * tf.math.log(taken), axis=-1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "next_obs": 2 * arr(n, d), "act": rng.integers(0, n_act, n), "rew": arr(n),
                      "disc": np.array([.9, .9, 0, .9, .9, .9], f), "z": np.linspace(-2, 2, atoms).astype(f)},
            "variables": [w]}
