"""Why must subjects be sorted by descending time? The cumulative sum then is the sum over the risk set.
Source: https://github.com/UK-Digital-Heart-Project/4Dsurvival/issues/2"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, d, z, alpha = 7, 6, 3, 0.4
    enc = tf.Variable(rng.normal(size=(d, z)).astype(fx) * 0.6, name="enc")
    dec = tf.Variable(rng.normal(size=(z, d)).astype(fx) * 0.6, name="dec")
    risk = tf.Variable(rng.normal(size=(z,)).astype(fx), name="risk")

    def reference(batch):
        code = tf.tanh(batch["mesh"] @ enc)
        eta = tf.linalg.matvec(code, risk)
        at_risk = tf.cast(batch["time"][None, :] >= batch["time"][:, None], eta.dtype)
        log_set = tf.math.log(tf.reduce_sum(at_risk * tf.exp(eta)[None, :], axis=1))
        cox = tf.reduce_sum(batch["event"] * (log_set - eta))
        rec = tf.reduce_mean(tf.square(code @ dec - batch["mesh"]))
        return alpha * rec + (1 - alpha) * cox

    def candidate(batch):
        order = tf.argsort(batch["time"], direction="DESCENDING")
        x = tf.gather(batch["mesh"], order)
        status = tf.gather(batch["event"], order)
        latent = tf.tanh(tf.matmul(x, enc))
        recon = tf.matmul(latent, dec)
        log_risk = tf.reduce_sum(latent * risk, axis=1)
        hazard_cum = tf.math.log(tf.cumsum(tf.exp(log_risk)))
        neg_likelihood = -tf.reduce_sum((log_risk - hazard_cum) * status)
        mse = tf.reduce_mean((recon - x) ** 2)
        return alpha * mse + (1 - alpha) * neg_likelihood

    event = (rng.uniform(size=n) < 0.6).astype(float)
    event[:2] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"mesh": rng.normal(size=(n, d)).astype(fx), "event": event.astype(fx),
                      "time": (rng.permutation(n) + rng.uniform(0.1, 0.5, size=n)).astype(fx)},
            "variables": [enc, dec, risk]}
