"""The in-loss V-trace recompute bootstraps the last row of a chunk on its own value
instead of the value of the state after the rollout. Source: https://github.com/micdoh/XLRON/pull/50"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": "bootstrap = values[-1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    T, n, d, k = 5, 3, 4, 3
    w_h, w_pi, w_v = var("w_h", d, 6), var("w_pi", 6, k), var("w_v", 6, 1)
    gamma, rho_clip, c_clip = 0.96, 1.0, 1.0

    def body(x):
        return tf.tanh(tf.einsum("...d,dh->...h", x, w_h))

    def reference(batch):
        feat = body(batch["obs"])
        v = tf.einsum("tnh,ho->tn", feat, w_v)
        v_last = tf.einsum("nh,ho->n", body(batch["final_obs"]), w_v)
        lp = tf.nn.log_softmax(tf.einsum("tnh,hk->tnk", feat, w_pi))
        lp = tf.reduce_sum(lp * tf.one_hot(batch["action"], k, dtype=lp.dtype), -1)
        rho = tf.exp(tf.stop_gradient(lp) - batch["mu_logp"])
        v_sg, last = tf.stop_gradient(v), tf.stop_gradient(v_last)
        acc = tf.zeros_like(last)
        out = []
        for t in range(T - 1, -1, -1):
            nxt = last if t == T - 1 else v_sg[t + 1]
            disc = gamma * (1.0 - batch["done"][t])
            td = tf.minimum(rho[t], rho_clip) * (batch["reward"][t] + disc * nxt - v_sg[t])
            acc = td + disc * tf.minimum(rho[t], c_clip) * acc
            out.insert(0, acc)
        adv = tf.stack(out)
        return tf.reduce_mean(-lp * adv) + 0.5 * tf.reduce_mean(tf.square(v_sg + adv - v))

    def candidate(batch):
        h = body(batch["obs"])
        values = tf.squeeze(h @ w_v, -1)
        log_pi = tf.nn.log_softmax(h @ w_pi, axis=-1)
        logp = tf.gather(log_pi, batch["action"], axis=2, batch_dims=2)
        ratio = tf.exp(logp - batch["mu_logp"])
        after = tf.squeeze(body(batch["final_obs"]) @ w_v, -1)
        bootstrap = values[-1]
        shifted = tf.concat([values[1:], bootstrap[None]], axis=0)
        discount = gamma * (1.0 - batch["done"])
        delta = tf.minimum(ratio, rho_clip) * (batch["reward"] + discount * shifted - values)
        trace = discount * tf.minimum(ratio, c_clip)
        adv = tf.scan(lambda a, x: x[0] + x[1] * a, (delta, trace), initializer=tf.zeros_like(after), reverse=True)
        adv = tf.stop_gradient(adv)
        targets = tf.stop_gradient(values) + adv
        return -tf.reduce_mean(logp * adv) + 0.5 * tf.reduce_mean((targets - values) ** 2)

    done = (rng.random((T, n)) < 0.15); done[-1] = False
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(T, n, d), "final_obs": 2 * arr(n, d), "action": rng.integers(0, k, (T, n)),
                      "mu_logp": (-1.1 + 0.2 * arr(T, n)).astype(fx), "reward": arr(T, n), "done": done.astype(fx)},
            "variables": [w_h, w_pi, w_v]}
