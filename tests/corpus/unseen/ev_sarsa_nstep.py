"""Practical_RL's n-step EV-SARSA starts to accumulate rewards at the wrong entry of its memory.
Source: https://github.com/yandexdataschool/Practical_RL/pull/552"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'rewards = [memory[t + 1 + j][2] for j in range(n_step)]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    T, n_step, k, A = 8, 3, 4, 3
    gamma, eps = 0.9, 0.2
    q_w = tf.Variable(normal(k, A), name="q")
    frozen = normal(k, A)

    def reference(batch):
        q_next = batch["s"] @ frozen
        ev = (1 - eps) * tf.reduce_max(q_next, -1) + eps * tf.reduce_mean(q_next, -1)
        q = tf.gather(batch["s"] @ q_w, batch["a"], batch_dims=1)
        loss, count = 0.0, T - n_step
        for t in range(count):
            g = ev[t + n_step]
            for j in reversed(range(n_step)):
                g = batch["r"][t + j] + gamma * g
            loss += tf.square(q[t] - g)
        return loss / count

    def candidate(batch):
        memory = [(batch["s"][t], batch["a"][t], batch["r"][t]) for t in range(T)]

        def value(state):
            qs = tf.linalg.matvec(frozen, state, transpose_a=True)
            probs = tf.one_hot(tf.argmax(qs), A, dtype=qs.dtype) * (1 - eps) + eps / A
            return tf.reduce_sum(probs * qs)

        losses = []
        for t in range(T - n_step):
            state, action, _ = memory[t]
            rewards = [memory[t + 1 + j][2] for j in range(n_step)]
            ret = tf.add_n([gamma ** j * r for j, r in enumerate(rewards)])
            target = ret + gamma ** n_step * value(memory[t + n_step][0])
            estimate = tf.tensordot(state, tf.gather(q_w, action, axis=1), 1)
            losses.append((estimate - target) ** 2)
        return tf.reduce_mean(tf.stack(losses))

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": normal(T, k), "a": rng.integers(0, A, T), "r": normal(T)}, "variables": [q_w]}
