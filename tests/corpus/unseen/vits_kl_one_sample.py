"""VITS prior matching: the KL term uses the closed form of E[log q] (-log sigma - 0.5) and the sample only in log p.

Source (real): https://github.com/jaywalnut310/vits/issues/6 ("KL Loss is right?", PyTorch, ported; answered with a derivation).
Right answer: EQUIVALENT to the gradient of the sampled log q(z) - log p(z): the standardised noise in log q does not depend on
the parameters, so only a constant of the value differs.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, frames, spec, text, chans = 12, 5, 7, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    post = tf.Variable(0.3 * arr(spec, 2 * chans), name="posterior_encoder")
    prior = tf.Variable(0.3 * arr(text, 2 * chans), name="text_encoder")
    flow = tf.Variable(0.3 * arr(chans // 2, chans // 2), name="flow_shift")
    length = rng.integers(2, frames + 1, n)
    batch = {
        "spec": arr(n, frames, spec),
        "text": arr(n, frames, text),
        "noise": arr(n, frames, chans),
        "mask": (np.arange(frames)[None] < length[:, None]).astype(f)[..., None],
    }

    def latents(spec_in, text_in, noise):
        m_q, logs_q = tf.split(spec_in @ post, 2, axis=-1)
        m_p, logs_p = tf.split(text_in @ prior, 2, axis=-1)
        z = m_q + noise * tf.exp(logs_q)
        z0, z1 = tf.split(z, 2, axis=-1)
        z_p = tf.concat([z0, z1 + tf.tanh(z0 @ flow)], axis=-1)
        return z, z_p, m_q, logs_q, m_p, logs_p

    def reference(b):
        def log_normal(x, mean, log_std):
            return -0.5 * np.log(2 * np.pi) - log_std - 0.5 * tf.square((x - mean) / tf.exp(log_std))

        total, count = 0.0, 0
        lengths = b["mask"].numpy().sum((1, 2)).astype(int)
        for i, stop in enumerate(lengths):
            z, z_p, m_q, logs_q, m_p, logs_p = latents(b["spec"][i, :stop], b["text"][i, :stop], b["noise"][i, :stop])
            total += tf.reduce_sum(log_normal(z, m_q, logs_q) - log_normal(z_p, m_p, logs_p))
            count += stop
        return total / float(count)

    def candidate(b):
        _, z_p, _, logs_q, m_p, logs_p = latents(b["spec"], b["text"], b["noise"])
        z_mask = b["mask"]
        kl = logs_p - logs_q - 0.5
        kl += 0.5 * ((z_p - m_p) ** 2) * tf.exp(-2.0 * logs_p)
        kl = tf.reduce_sum(kl * z_mask)
        return kl / tf.reduce_sum(z_mask)

    return {"variables": [post, prior, flow], "batch": batch, "reference": reference, "candidate": candidate}
