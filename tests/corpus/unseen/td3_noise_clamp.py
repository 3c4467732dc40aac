"""TD3 critic update clamps the smoothing noise to (0, 1) and never uses its noise clip.
Source: https://github.com/wujingda/Human-in-the-loop-Deep-Reinforcement-Learning/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "noise1 = tf.clip_by_value(batch[\"eps\"] * policy_noise, 0.0, 1.0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s_dim, a_dim, gamma = 6, 4, 2, 0.95
    policy_noise, noise_clip = 0.6, 0.5
    s = rng.normal(size=(n, s_dim)).astype(fx)
    s2 = rng.normal(size=(n, s_dim)).astype(fx)
    a = rng.uniform(-1, 1, size=(n, a_dim)).astype(fx)
    r = rng.normal(size=(n, 1)).astype(fx)
    done = np.array([0, 0, 1, 0, 0, 0]).reshape(n, 1).astype(fx)
    eps = rng.normal(size=(n, a_dim)).astype(fx)

    def critic(name):
        q = keras.Sequential([keras.layers.Input((s_dim + a_dim,)), keras.layers.Dense(6, "tanh", name=name + "_h"),
                              keras.layers.Dense(1, name=name + "_q")])
        return q

    q1, q2, q1_t, q2_t = [critic(c) for c in ("q1", "q2", "q1t", "q2t")]
    for m in (q1_t, q2_t):
        m.set_weights([3.0 * w for w in m.get_weights()])
    actor_t = keras.layers.Dense(a_dim, "tanh", name="actor_t")
    actor_t.build((None, s_dim))

    def reference(batch):
        smooth = tf.maximum(tf.minimum(policy_noise * batch["eps"], noise_clip), -noise_clip)
        next_a = tf.clip_by_value(actor_t(batch["s2"]) + smooth, -1.0, 1.0)
        nxt = tf.concat([batch["s2"], next_a], axis=1)
        backup = batch["r"] + gamma * (1.0 - batch["done"]) * tf.minimum(q1_t(nxt), q2_t(nxt))
        backup = tf.stop_gradient(backup)
        cur = tf.concat([batch["s"], batch["a"]], axis=1)
        return sum(tf.reduce_mean((q(cur) - backup) ** 2) for q in (q1, q2))

    def candidate(batch):
        noise1 = tf.clip_by_value(batch["eps"] * policy_noise, 0.0, 1.0)
        a_ = tf.clip_by_value(tf.stop_gradient(actor_t(batch["s2"])) + noise1, -1.0, 1.0)
        sa_ = tf.concat([batch["s2"], a_], axis=-1)
        target_q1, target_q2 = q1_t(sa_), q2_t(sa_)
        target_q = tf.minimum(target_q1, target_q2)
        target_q = batch["r"] + (1 - batch["done"]) * gamma * tf.stop_gradient(target_q)

        sa = tf.concat([batch["s"], batch["a"]], axis=-1)
        current_q1, current_q2 = q1(sa), q2(sa)
        loss_critic = (tf.reduce_mean(tf.square(target_q - current_q1))
                       + tf.reduce_mean(tf.square(target_q - current_q2)))
        return loss_critic

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": s, "s2": s2, "a": a, "r": r, "done": done, "eps": eps},
            "variables": q1.trainable_variables + q2.trainable_variables}
