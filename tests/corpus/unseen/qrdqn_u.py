"""QR-DQN notebook: the pairwise error u was left undefined, and the proposed definition subtracts the two quantile
sets the wrong way round. Source: https://github.com/higgsfield/RL-Adventure/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "u = dist[:, :, None] - expected_quant[:, None, :]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs, acts, nq, gamma, kappa = 5, 4, 2, 4, 0.99, 1.0
    w = tf.Variable(rng.normal(size=(obs, acts * nq)).astype(fx), name="quantiles")
    w_target = tf.constant(rng.normal(size=(obs, acts * nq)).astype(fx))
    tau_np = ((2 * np.arange(nq) + 1) / (2.0 * nq)).astype(fx)

    def target_quantiles(batch):
        nxt = tf.reshape(batch["next_obs"] @ w_target, [n, acts, nq])
        best = tf.argmax(tf.reduce_mean(nxt, -1), axis=1)
        nxt = tf.gather(nxt, best, axis=1, batch_dims=1)
        return tf.stop_gradient(batch["reward"][:, None] + gamma * (1.0 - batch["done"][:, None]) * nxt)

    def reference(batch):
        theta = tf.gather(tf.reshape(batch["obs"] @ w, [n, acts, nq]), batch["action"], axis=1, batch_dims=1)
        target = target_quantiles(batch)
        loss = 0.0
        for i in range(nq):
            for j in range(nq):
                delta = target[:, j] - theta[:, i]
                mag = tf.abs(delta)
                huber = tf.where(mag <= kappa, 0.5 * delta ** 2, kappa * (mag - 0.5 * kappa))
                weight = tf.where(delta < 0.0, 1.0 - tau_np[i], tau_np[i])
                loss += tf.reduce_mean(weight * huber)
        return loss / nq

    def candidate(batch):
        dist_all = tf.reshape(tf.matmul(batch["obs"], w), [-1, acts, nq])
        dist = tf.gather(dist_all, batch["action"], axis=1, batch_dims=1)
        expected_quant = target_quantiles(batch)
        u = dist[:, :, None] - expected_quant[:, None, :]
        clipped = tf.clip_by_value(tf.abs(u), 0.0, kappa)
        huber_loss = 0.5 * tf.square(clipped) + kappa * (tf.abs(u) - clipped)
        tau = tf.constant(tau_np)[None, :, None]
        quantile_loss = tf.abs(tau - tf.cast(u < 0.0, fx)) * huber_loss
        return tf.reduce_sum(quantile_loss) / (nq * n)

    f = lambda *s: rng.normal(size=s).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": f(n, obs), "next_obs": f(n, obs), "reward": f(n),
                      "done": (rng.uniform(size=n) < 0.3).astype(fx),
                      "action": rng.integers(0, acts, size=n).astype("int32")},
            "variables": [w]}
