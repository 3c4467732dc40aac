"""V-trace advantage at a truncated step takes v_{s+1} from the first step of the next trajectory.

Source (real): https://github.com/pytorch/rl/issues/4209
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'vs_next = tf.concat([vs[1:], next_v[-1:]], axis=0)',
    "same_forward_value": False,
}

GAMMA, RHO_BAR, C_BAR = 0.97, 1.0, 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    T, d, k = 14, 4, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    obs = f(T + 1, d)
    done = np.zeros(T, "float32")
    terminated = np.zeros(T, "float32")
    done[[4, 9]] = 1.0                  # 4: truncated, 9: terminated
    terminated[9] = 1.0
    next_obs = obs[1:].copy()
    next_obs[4] = f(d)                  # the last frame of the truncated episode
    batch = {
        "obs": obs[:-1], "next_obs": next_obs, "reward": f(T),
        "done": done, "terminated": terminated,
        "action": rng.integers(0, k, T).astype("int32"),
        "mu_logp": np.log(rng.uniform(0.15, 0.6, T)).astype("float32"),
    }
    W1 = tf.Variable(0.6 * f(d, 8), name="W1")
    Wp = tf.Variable(0.6 * f(8, k), name="Wp")
    Wv = tf.Variable(1.2 * f(8, 1), name="Wv")

    def net(x):
        h = tf.tanh(tf.matmul(x, W1))
        return tf.nn.log_softmax(tf.matmul(h, Wp)), tf.matmul(h, Wv)[:, 0]

    def forward(b):
        logp_all, v = net(b["obs"])
        logp = tf.gather(logp_all, b["action"], batch_dims=1)
        _, next_v = net(b["next_obs"])
        return logp_all, logp, v, tf.stop_gradient(next_v)

    def loss(logp_all, logp, v, vs, pg_adv):
        pg = -tf.reduce_mean(logp * tf.stop_gradient(pg_adv))
        baseline = 0.5 * tf.reduce_mean(tf.square(tf.stop_gradient(vs) - v))
        entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(logp_all) * logp_all, -1))
        return pg + 0.5 * baseline - 0.01 * entropy

    def reference(b):
        T = len(b["obs"])
        logp_all, logp, v, next_v = forward(b)
        rho = tf.minimum(tf.exp(tf.stop_gradient(logp) - b["mu_logp"]), RHO_BAR)
        vs, adv, acc = [None] * T, [None] * T, 0.0
        for t in reversed(range(T)):
            disc = GAMMA * (1.0 - b["terminated"][t])
            delta = rho[t] * (b["reward"][t] + disc * next_v[t] - v[t])
            if b["done"][t]:
                acc = 0.0
            acc = delta + GAMMA * tf.minimum(rho[t], C_BAR) * acc
            vs[t] = v[t] + acc
            nxt = next_v[t] if (b["done"][t] or t == T - 1) else vs[t + 1]
            adv[t] = rho[t] * (b["reward"][t] + disc * nxt - v[t])
        return loss(logp_all, logp, v, tf.stack(vs), tf.stack(adv))

    def candidate(b):
        T = len(b["obs"])
        logp_all, logp, v, next_v = forward(b)
        ratio = tf.exp(tf.stop_gradient(logp) - b["mu_logp"])
        rho, c = tf.minimum(ratio, RHO_BAR), tf.minimum(ratio, C_BAR)
        disc = GAMMA * (1.0 - b["terminated"])
        deltas = rho * (b["reward"] + disc * next_v - v)
        carry = GAMMA * (1.0 - b["done"]) * c
        acc, out = tf.zeros(()), []
        for t in range(T - 1, -1, -1):
            acc = deltas[t] + carry[t] * acc
            out.insert(0, acc)
        vs = tf.stack(out) + v
        vs_next = tf.concat([vs[1:], next_v[-1:]], axis=0)
        pg_adv = rho * (b["reward"] + disc * vs_next - v)
        return loss(logp_all, logp, v, vs, pg_adv)

    return {"variables": [W1, Wp, Wv], "batch": batch, "reference": reference, "candidate": candidate}
