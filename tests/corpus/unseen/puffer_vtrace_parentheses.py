"""V-trace advantages: the importance weight multiplies only the reward, the parentheses round the whole TD error are missing.

Source (real): https://github.com/PufferAI/PufferLib/pull/598 (C, CPU and scalar kernels; the vectorised kernel was right).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "delta = rho_t * rew[:, t + 1] + gamma * val[:, t + 1] * nextnonterminal - val[:, t]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, horizon, d, acts = 14, 6, 4, 3
    gamma, lam, rho_clip, c_clip = 0.95, 0.9, 1.0, 1.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w_pi = tf.Variable(0.6 * arr(d, acts), name="decoder")
    w_v = tf.Variable(0.6 * arr(d, 1), name="value_fn")
    batch = {
        "obs": arr(n, horizon, d),
        "actions": rng.integers(0, acts, (n, horizon)),
        "values": arr(n, horizon),
        "rewards": arr(n, horizon),
        "dones": (rng.random((n, horizon)) < 0.15).astype(f),
        "importance": np.exp(0.6 * arr(n, horizon)),
    }

    def losses(b, advantages):
        logp = tf.gather(tf.nn.log_softmax(b["obs"] @ w_pi), b["actions"], batch_dims=2)[:, :-1]
        newvalue = (b["obs"] @ w_v)[:, :-1, 0]
        v_loss = 0.5 * tf.reduce_mean(tf.square(newvalue - (advantages + b["values"][:, :-1])))
        return v_loss - tf.reduce_mean(advantages * logp)

    def reference(b):
        rho = np.minimum(b["importance"], rho_clip)
        c = np.minimum(b["importance"], c_clip)
        r, v, live = b["rewards"].numpy(), b["values"].numpy(), 1.0 - b["dones"].numpy()
        adv = np.zeros((n, horizon - 1), f)
        for i in range(n):
            for s in range(horizon - 1):
                trace = 1.0
                for k in range(s, horizon - 1):
                    td = r[i, k + 1] + gamma * live[i, k + 1] * v[i, k + 1] - v[i, k]
                    adv[i, s] += trace * rho[i, k] * td
                    trace *= gamma * lam * c[i, k] * live[i, k + 1]
        return losses(b, tf.constant(adv))

    def candidate(b):
        rew, val, done = b["rewards"], b["values"], b["dones"]
        lastpufferlam = tf.zeros_like(val[:, 0])
        advantages = []
        for t in range(horizon - 2, -1, -1):
            nextnonterminal = 1.0 - done[:, t + 1]
            rho_t = tf.minimum(b["importance"][:, t], rho_clip)
            c_t = tf.minimum(b["importance"][:, t], c_clip)
            delta = rho_t * rew[:, t + 1] + gamma * val[:, t + 1] * nextnonterminal - val[:, t]
            lastpufferlam = delta + gamma * lam * c_t * lastpufferlam * nextnonterminal
            advantages.append(lastpufferlam)
        return losses(b, tf.stack(advantages[::-1], axis=1))

    return {"variables": [w_pi, w_v], "batch": batch, "reference": reference, "candidate": candidate}
