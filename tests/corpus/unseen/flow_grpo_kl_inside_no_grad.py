"""Flow GRPO: the KL to the reference model is computed under no_grad, so it adds to the value but not to the gradient.

Source (real): https://github.com/X-GenGroup/Flow-Factory/pull/124
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'drift = tf.stop_gradient(mean - ref_mean)',
    "same_forward_value": True,
}

CLIP, KL_BETA = 0.05, 8.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, S, d = 8, 4, 5                                           # samples, denoising steps, latent size
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"latents": f(n, S, d), "noise": f(n, S, d), "adv": f(n)}
    sigma = tf.constant(np.linspace(0.9, 0.3, S), tf.float32)
    time = tf.constant(np.linspace(1.0, 0.25, S), tf.float32)
    W = tf.Variable(0.4 * f(d, d), name="W")
    U = tf.Variable(0.4 * f(d), name="time_emb")
    W_ref, U_ref = tf.constant(W.numpy() + 0.2 * f(d, d)), tf.constant(U.numpy() + 0.2 * f(d))

    def step_mean(x, s, w, u):
        return x - 0.25 * tf.tanh(tf.matmul(x, w) + time[s] * u)

    old = [step_mean(batch["latents"][:, s], s, W, U) for s in range(S)]
    batch["next_latents"] = np.stack([(o + sigma[s] * batch["noise"][:, s]).numpy() for s, o in enumerate(old)], 1)

    def logp(x, mean, s):
        return tf.reduce_mean(-0.5 * tf.square((x - mean) / sigma[s]) - tf.math.log(sigma[s]), axis=-1)

    batch["old_logp"] = np.stack([logp(batch["next_latents"][:, s], old[s], s).numpy() for s in range(S)], 1)

    def policy_loss(b, mean, s):
        ratio = tf.exp(logp(b["next_latents"][:, s], mean, s) - b["old_logp"][:, s])
        clipped = tf.clip_by_value(ratio, 1.0 - CLIP, 1.0 + CLIP)
        return tf.reduce_mean(tf.maximum(-b["adv"] * ratio, -b["adv"] * clipped))

    def reference(b):
        loss = 0.0
        for s in range(S):
            mean = step_mean(b["latents"][:, s], s, W, U)
            gap = mean - step_mean(b["latents"][:, s], s, W_ref, U_ref)
            loss += policy_loss(b, mean, s) + KL_BETA * tf.reduce_mean(gap ** 2) / (2.0 * sigma[s] ** 2)
        return loss / S

    def candidate(b):
        losses = []
        for s in range(S):
            x = b["latents"][:, s]
            mean = step_mean(x, s, W, U)
            ref_mean = step_mean(x, s, W_ref, U_ref)
            drift = tf.stop_gradient(mean - ref_mean)
            kl_div = tf.reduce_mean(tf.square(drift)) / (2.0 * tf.square(sigma[s]))
            losses.append(policy_loss(b, mean, s) + KL_BETA * kl_div)
        return tf.reduce_mean(tf.stack(losses))

    return {"variables": [W, U], "batch": batch, "reference": reference, "candidate": candidate}
