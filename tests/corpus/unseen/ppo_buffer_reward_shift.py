"""PPO buffer: each slot stores the reward that came before its observation, so all rewards are one step late.

Source (real): https://github.com/openai/spinningup/issues/50 (TensorFlow 1; "rewards shifted"; fixed).
Right answer: NOT equivalent; delta is r_{t-1} + gamma v_{t+1} - v_t.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "rew_buf.append(r)",
    "same_forward_value": False,
}

_GAMMA, _LAM, _CLIP = 0.97, 0.9, 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, acts = 13, 5, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wp = tf.Variable(0.5 * arr(d, acts), name="pi_w")
    wv = tf.Variable(0.5 * arr(d, 1), name="v_w")
    batch = {
        "obs": arr(n, steps, d),
        "act": rng.integers(0, acts, (n, steps)),
        "rew": arr(n, steps),
        "val": 0.5 * arr(n, steps),
        "last_val": 0.5 * arr(n),
        "logp_old": -1.1 + 0.1 * arr(n, steps),
    }

    def losses(obs, act, logp_old, adv, ret):
        logp = tf.gather(tf.nn.log_softmax(obs @ wp), act, batch_dims=len(act.shape))
        ratio = tf.exp(logp - logp_old)
        min_adv = tf.where(adv > 0, (1 + _CLIP) * adv, (1 - _CLIP) * adv)
        pi_loss = -tf.reduce_mean(tf.minimum(ratio * adv, min_adv))
        v_loss = tf.reduce_mean((ret - (obs @ wv)[..., 0]) ** 2)
        return pi_loss + v_loss

    def reference(b):
        rew, val = b["rew"].numpy(), np.concatenate([b["val"].numpy(), b["last_val"].numpy()[:, None]], axis=1)
        adv, ret = np.zeros_like(rew), np.zeros_like(rew)
        for i in range(rew.shape[0]):
            gae, togo = 0.0, val[i, steps]
            for t in range(steps - 1, -1, -1):
                gae = rew[i, t] + _GAMMA * val[i, t + 1] - val[i, t] + _GAMMA * _LAM * gae
                togo = rew[i, t] + _GAMMA * togo
                adv[i, t], ret[i, t] = gae, togo
        return losses(b["obs"], b["act"], b["logp_old"], tf.constant(adv), tf.constant(ret))

    def candidate(b):
        def discount_cumsum(x, discount):
            out = [x[-1]]
            for item in x[-2::-1]:
                out.insert(0, item + discount * out[0])
            return out

        rew_buf, val_buf = [], []
        r = tf.zeros_like(b["last_val"])
        for t in range(steps):
            v = b["val"][:, t]
            rew_buf.append(r)
            val_buf.append(v)
            r = b["rew"][:, t]  # o, r, d, _ = env.step(a)
        rews, vals = rew_buf + [b["last_val"]], val_buf + [b["last_val"]]
        deltas = [rews[t] + _GAMMA * vals[t + 1] - vals[t] for t in range(steps)]
        adv_buf = tf.stack(discount_cumsum(deltas, _GAMMA * _LAM), axis=1)
        ret_buf = tf.stack(discount_cumsum(rews, _GAMMA)[:-1], axis=1)
        return losses(b["obs"], b["act"], b["logp_old"], adv_buf, ret_buf)

    return {"variables": [wp, wv], "batch": batch, "reference": reference, "candidate": candidate}
