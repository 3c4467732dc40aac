"""The return of a state is computed as the discounted sum of past rewards instead of future ones.
Source: https://github.com/mohmdelsayed/streaming-drl/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'for t in range(n_steps):',
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

    T, n, d = 6, 4, 3
    w1, w2 = var("w1", d, 6), var("w2", 6, 1)

    def reference(batch):
        v = tf.squeeze(tf.nn.leaky_relu(batch["obs"] @ w1) @ w2, -1)
        k = np.arange(T)[None, :] - np.arange(T)[:, None]
        powers = tf.where(k >= 0, batch["gamma"] ** tf.cast(np.maximum(k, 0), v.dtype), tf.zeros([], v.dtype))
        g = tf.einsum("tk,bk->bt", powers, batch["rew"])
        return tf.reduce_mean((v - g) ** 2)

    def candidate(batch):
        rewards, gamma = batch["rew"], batch["gamma"]
        n_steps = rewards.shape[1]
        hidden = tf.nn.leaky_relu(tf.einsum("btd,dh->bth", batch["obs"], w1))
        predicted = tf.einsum("bth,ho->bto", hidden, w2)[..., 0]
        running = tf.zeros_like(rewards[:, 0])
        errors = []
        for t in range(n_steps):
            running = rewards[:, t] + gamma * running
            errors.append(tf.square(predicted[:, t] - running))
        return tf.reduce_mean(tf.stack(errors, axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, T, d), "rew": 1.5 * arr(n, T), "gamma": np.asarray(0.9, f)},
            "variables": [w1, w2]}
