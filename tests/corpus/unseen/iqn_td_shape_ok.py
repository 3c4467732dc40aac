"""IQN-and-Extensions: a reader doubts the taus and the (batch, n, n) TD error in the quantile Huber loss;
it is right as it stands. Source: https://github.com/BY571/IQN-and-Extensions/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, S, N, C, A = 3, 4, 4, 5, 3
    Ws = tf.Variable(rng.normal(0, 0.7, (S, 6)).astype(fx), name="Ws")
    Wc = tf.Variable(rng.normal(0, 0.5, (C, 6)).astype(fx), name="Wc")
    Wo = tf.Variable(rng.normal(0, 0.7, (6, A)).astype(fx), name="Wo")
    pis = (np.pi * np.arange(1, C + 1)).astype(fx)

    def net(s, tau):
        phi = tf.nn.relu(tf.tensordot(tf.cos(tau[..., None] * pis), Wc, 1))
        h = tf.nn.relu(tf.matmul(s, Ws))[:, None]
        return tf.tensordot(h * phi, Wo, 1)

    def reference(batch):
        gamma = 0.97
        zt = tf.stop_gradient(net(batch["next_state"], batch["tau_next"]))
        z = net(batch["state"], batch["tau"])
        total = 0.0
        for b in range(B):
            a_star = int(tf.argmax(tf.reduce_mean(zt[b], axis=0)))
            for i in range(N):
                for j in range(N):
                    y = batch["reward"][b] + gamma * (1 - batch["done"][b]) * zt[b, j, a_star]
                    u = y - z[b, i, int(batch["action"][b])]
                    hub = 0.5 * u * u if abs(float(u)) <= 1.0 else tf.abs(u) - 0.5
                    tau = batch["tau"][b, i]
                    total += (tau if float(u) >= 0 else 1.0 - tau) * hub / N
        return total / B

    def candidate(batch):
        gamma = 0.97
        q_next = net(batch["next_state"], batch["tau_next"])
        best = tf.argmax(tf.reduce_mean(q_next, axis=1), axis=1)
        best_hot = tf.one_hot(best, A, dtype=fx)[:, None]
        q_next = tf.reduce_sum(q_next * best_hot, axis=2)
        targets = batch["reward"][:, None] + gamma * (1.0 - batch["done"])[:, None] * q_next
        act = tf.one_hot(batch["action"], A, dtype=fx)[:, None]
        expected = tf.reduce_sum(net(batch["state"], batch["tau"]) * act, axis=2)
        td_error = tf.stop_gradient(targets)[:, None, :] - expected[:, :, None]
        clipped = tf.minimum(tf.abs(td_error), 1.0)
        huber = clipped * (tf.abs(td_error) - 0.5 * clipped)
        quantil_l = tf.abs(batch["tau"][..., None] - tf.cast(td_error < 0, fx)) * huber
        return tf.reduce_mean(tf.reduce_mean(tf.reduce_sum(quantil_l, axis=1), axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(B, S)).astype(fx), "next_state": rng.normal(size=(B, S)).astype(fx),
                      "tau": rng.random((B, N)).astype(fx), "tau_next": rng.random((B, N)).astype(fx),
                      "reward": rng.normal(size=B).astype(fx), "done": np.array([0, 1, 0]).astype(fx),
                      "action": rng.integers(0, A, B).astype("int32")},
            "variables": [Ws, Wc, Wo]}
