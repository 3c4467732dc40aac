"""The V-trace advantage takes v_{t+1} by shifting, so a truncated step bootstraps from the next trajectory.

Source (real): https://github.com/pytorch/rl/issues/4209
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "vs_next = tf.concat([vs[1:], next_value[-1:]], axis=0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    t, d, k = 16, 5, 3
    wp = tf.Variable((0.6 * rng.normal(size=(d, k))).astype(np.float32), name="policy")
    wv = tf.Variable(rng.normal(size=(d, 1)).astype(np.float32), name="value")
    done = np.zeros(t, np.float32)
    done[[4, 9, 13]] = 1.0
    batch = {"obs": rng.normal(size=(t, d)).astype(np.float32), "next_obs": 2 * rng.normal(size=(t, d)).astype(np.float32),
             "act": rng.integers(0, k, t).astype(np.int32), "rew": rng.normal(size=t).astype(np.float32),
             "mu_logp": np.log(rng.uniform(0.2, 0.6, t)).astype(np.float32), "done": done}   # all truncations
    gamma = 0.97

    def pieces(b):
        logp_all = tf.nn.log_softmax(tf.matmul(b["obs"], wp))
        logp = tf.gather(logp_all, b["act"], batch_dims=1)
        rho = tf.stop_gradient(tf.minimum(1.0, tf.exp(logp - b["mu_logp"])))
        value = tf.matmul(b["obs"], wv)[:, 0]
        next_value = tf.stop_gradient(tf.matmul(b["next_obs"], wv)[:, 0])
        return logp, rho, value, next_value

    def targets(b, rho, v, nv):
        delta = rho * (b["rew"] + gamma * nv - v)
        acc, dv = 0.0, []
        for i in reversed(range(t)):
            acc = delta[i] + gamma * (1.0 - b["done"][i]) * rho[i] * acc
            dv.append(acc)
        return tf.stop_gradient(v + tf.stack(dv[::-1]))

    def reference(b):
        logp, rho, value, next_value = pieces(b)
        vs = targets(b, rho, tf.stop_gradient(value), next_value)
        shifted = tf.concat([vs[1:], next_value[-1:]], axis=0)
        vs_next = tf.where(b["done"] > 0.5, next_value, shifted)
        adv = tf.stop_gradient(rho * (b["rew"] + gamma * vs_next - value))
        pg = -tf.reduce_mean(logp * adv)
        return pg + 0.5 * tf.reduce_mean(tf.square(vs - value))

    def candidate(b):
        logp, rho, value, next_value = pieces(b)
        vs = targets(b, rho, tf.stop_gradient(value), next_value)
        vs_next = tf.concat([vs[1:], next_value[-1:]], axis=0)
        adv = rho * (b["rew"] + gamma * vs_next - value)
        pg = -tf.reduce_mean(logp * tf.stop_gradient(adv))
        baseline = 0.5 * tf.reduce_mean(tf.square(vs - value))
        return pg + baseline

    return {"variables": [wp, wv], "batch": batch, "reference": reference, "candidate": candidate}
