"""QR-DQN: somebody suspects that the mean and the sum over the two quantile axes are swapped;
both axes have the same length, so it does not matter.
Source: https://github.com/thu-ml/tianshou/issues/393"""
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
    bsz, obs_dim, n_act, quant, gamma = 4, 3, 3, 5, 0.9
    w = tf.Variable((rng.standard_normal((obs_dim, n_act * quant)) * 0.8).astype(fx), name="w")
    wt = tf.constant((rng.standard_normal((obs_dim, n_act * quant)) * 0.8).astype(fx))
    tau = ((np.arange(quant) + 0.5) / quant).astype(fx)

    def reference(batch):
        total = tf.zeros((), fx)
        for i in range(bsz):
            theta = tf.reshape(tf.matmul(batch["obs"][i:i + 1], w), [n_act, quant])[batch["actions"][i]]
            nxt = tf.reshape(tf.matmul(batch["next_obs"][i:i + 1], wt), [n_act, quant])
            best = tf.argmax(tf.reduce_mean(nxt, axis=1))
            y = batch["rewards"][i] + gamma * (1.0 - batch["dones"][i]) * nxt[best]
            inner = tf.zeros((), fx)
            for q in range(quant):
                u = y - theta[q]
                huber = tf.where(tf.abs(u) <= 1.0, 0.5 * u ** 2, tf.abs(u) - 0.5)
                inner += tf.reduce_mean(tf.abs(tau[q] - tf.cast(u < 0, fx)) * huber)
            total += batch["weights"][i] * inner
        return total / bsz

    def candidate(batch):
        curr = tf.reshape(tf.matmul(batch["obs"], w), [bsz, n_act, quant])
        curr = tf.gather(curr, batch["actions"], batch_dims=1)[:, :, None]
        nxt = tf.reshape(tf.matmul(batch["next_obs"], wt), [bsz, n_act, quant])
        act = tf.argmax(tf.reduce_sum(nxt, axis=-1), axis=-1)
        nxt = tf.gather(nxt, act, batch_dims=1)
        target = batch["rewards"][:, None] + gamma * (1.0 - batch["dones"])[:, None] * nxt
        u = target[:, None, :] - curr
        clipped = tf.minimum(tf.abs(u), 1.0)
        huber = clipped * (tf.abs(u) - 0.5 * clipped)
        weight = tf.abs(tau[None, :, None] - tf.cast(tf.less(u, 0.0), fx))
        loss = tf.reduce_mean(tf.reduce_sum(huber * weight, axis=-1), axis=1)
        return tf.reduce_mean(loss * batch["weights"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((bsz, obs_dim)).astype(fx),
                      "next_obs": rng.standard_normal((bsz, obs_dim)).astype(fx),
                      "actions": rng.integers(0, n_act, bsz).astype("int32"),
                      "rewards": rng.standard_normal(bsz).astype(fx),
                      "dones": np.array([0, 1, 0, 0]).astype(fx), "weights": rng.uniform(0.3, 1, bsz).astype(fx)},
            "variables": [w]}
