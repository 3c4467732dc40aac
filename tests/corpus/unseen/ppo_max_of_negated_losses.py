"""ReFT's PPO loss takes torch.max where the paper has min; the asker wants min. The losses are already negated:
max(-a, -b) = -min(a, b).
Source: https://github.com/lqtrung1998/mwp_ReFT/issues/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, v = 13, 6, 5, 8
    eps = 0.2
    lm = keras.Variable(rng.normal(size=(d, v)) * 0.5, dtype=f, name="lm")
    vf = keras.Variable(rng.normal(size=d) * 0.5, dtype=f, name="v_head")
    first = rng.integers(0, 2, size=n)
    last = rng.integers(3, t, size=n)
    pos = np.arange(t)[None]
    mask = ((pos >= first[:, None]) & (pos < last[:, None])).astype(f)

    def reference(batch):
        """Maximise E[min(r A, clip(r) A)], sample by sample."""
        objective = tf.zeros([], f)
        for i in range(n):
            logp = tf.nn.log_softmax(tf.matmul(batch["hidden"][i], lm))
            r = tf.exp(tf.gather(logp, batch["ids"][i], batch_dims=1) - batch["old_logprob"][i])
            a, m = batch["adv"][i], batch["mask"][i]
            surrogate = tf.minimum(r * a, tf.clip_by_value(r, 1 - eps, 1 + eps) * a)
            objective += tf.reduce_sum(surrogate * m) / tf.reduce_sum(m)
            value = tf.linalg.matvec(batch["hidden"][i], tf.convert_to_tensor(vf))
            objective -= 0.1 * tf.reduce_sum(tf.square(value - batch["ret"][i]) * m) / tf.reduce_sum(m)
        return -objective / n

    def candidate(batch):
        cur_adv, cur_mask = batch["adv"], batch["mask"]
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(
            batch["ids"], tf.einsum("ntd,dv->ntv", batch["hidden"], tf.convert_to_tensor(lm)))
        logprob = -nll
        resp_len_per_sample = tf.maximum(tf.reduce_sum(cur_mask, axis=1), 1.0)
        ratio = tf.exp(logprob - batch["old_logprob"])
        pg_losses = -cur_adv * ratio
        pg_losses2 = -cur_adv * tf.clip_by_value(ratio, 1.0 - 0.2, 1.0 + 0.2)
        pg_loss = tf.reduce_mean(
            tf.reduce_sum(tf.maximum(pg_losses, pg_losses2) * cur_mask, axis=-1) / resp_len_per_sample)
        vpreds = tf.tensordot(batch["hidden"], tf.convert_to_tensor(vf), 1)
        vf_losses = (vpreds - batch["ret"]) ** 2
        vf_loss = tf.reduce_mean(tf.reduce_sum(vf_losses * cur_mask, axis=-1) / resp_len_per_sample)
        return pg_loss + 0.1 * vf_loss

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"hidden": rng.normal(size=(n, t, d)).astype(f), "ids": rng.integers(0, v, size=(n, t)).astype("int32"),
                  "old_logprob": rng.uniform(-2.8, -1.6, size=(n, t)).astype(f), "mask": mask,
                  "adv": rng.normal(size=(n, t)).astype(f), "ret": rng.normal(size=(n, t)).astype(f)},
        "variables": [lm, vf],
    }
