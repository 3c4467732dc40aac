"""Hamiltonian network: leapfrog moves q with the momentum itself instead of with dH/dp at the half step.
Source: https://github.com/CampusAI/Hamiltonian-Generative-Networks/pull/89"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'q_next = q + p_next_half * self.delta_t',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    w1, w2 = var("w1", 4, 6), var("w2", 6, 1)

    def hnn(q, p):
        return tf.tanh(tf.concat([q, p], 1) @ w1) @ w2

    def reference(batch, dt=0.2):
        def dh(q, p):
            act = tf.tanh(tf.concat([q, p], 1) @ w1)
            g = ((1 - act ** 2) * w2[:, 0]) @ tf.transpose(w1)
            return g[:, :2], g[:, 2:]

        q, p, loss = batch["q"], batch["p"], 0.0
        for t in range(3):
            p = p - dt / 2 * dh(q, p)[0]
            q = q + dt * dh(q, p)[1]
            p = p - dt / 2 * dh(q, p)[0]
            loss += tf.reduce_mean((q - batch["traj"][:, t]) ** 2)
        return loss

    def candidate(batch):
        class Integrator:
            def __init__(self, delta_t=0.2, method="Leapfrog"):
                self.delta_t, self.method = delta_t, method

            def _get_grads(self, q, p):
                with tf.GradientTape() as tape:
                    tape.watch([q, p])
                    energy = hnn(q, p)
                dh_dq, dh_dp = tape.gradient(energy, [q, p])
                return dh_dp, -dh_dq

            def _lf_step(self, q, p):
                _, dp_dt = self._get_grads(q, p)
                p_next_half = p + dp_dt * self.delta_t / 2
                q_next = q + p_next_half * self.delta_t
                _, dp_next_dt = self._get_grads(q_next, p_next_half)
                return q_next, p_next_half + dp_next_dt * self.delta_t / 2

            def rollout(self, q, p, steps):
                qs = []
                for _ in range(steps):
                    q, p = self._lf_step(q, p)
                    qs.append(q)
                return tf.stack(qs, 1)

        qs = Integrator().rollout(batch["q"], batch["p"], 3)
        return tf.reduce_sum(tf.reduce_mean(tf.math.squared_difference(qs, batch["traj"]), [0, 2]))

    return {"reference": reference, "candidate": candidate, "variables": [w1, w2],
            "batch": {"q": data(13, 2), "p": data(13, 2), "traj": data(13, 3, 2)}}
