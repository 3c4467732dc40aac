"""RSSM rollout: the state and belief of each step are not carried over to the next time step, every step starts
from the initial ones. Source: https://github.com/pytorch/rl/pull/3236"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "inp = tf.concat([state0, act], axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, a, s, h, o = 4, 4, 2, 3, 5, 4
    cell = keras.layers.GRUCell(h)
    cell.build((None, s + a))
    prior = keras.layers.Dense(s, name="prior")
    prior.build((None, h))
    post = keras.layers.Dense(s, name="post")
    post.build((None, h + o))
    dec = keras.layers.Dense(o, name="dec")
    dec.build((None, h + s))

    def reference(batch):
        z, h_t = batch["state"], batch["belief"]
        recon, dyn = [], []
        for i in range(t):
            h_t, _ = cell(tf.concat([z, batch["action"][:, i]], -1), [h_t])
            mu_p = prior(h_t)
            mu_q = post(tf.concat([h_t, batch["obs"][:, i]], -1))
            z = mu_q + 0.1 * batch["eps"][:, i]
            out = dec(tf.concat([h_t, z], -1))
            recon.append(tf.reduce_sum(tf.square(out - batch["obs"][:, i]), -1))
            dyn.append(0.5 * tf.reduce_sum(tf.square(mu_q - mu_p), -1))
        return tf.reduce_mean(tf.stack(recon)) + tf.reduce_mean(tf.stack(dyn))

    def candidate(batch):
        state0, belief = batch["state"], batch["belief"]
        acts = tf.unstack(batch["action"], axis=1)
        embeds = tf.unstack(batch["obs"], axis=1)
        noise = tf.unstack(batch["eps"], axis=1)
        rows = []
        for act, emb, n in zip(acts, embeds, noise):
            inp = tf.concat([state0, act], axis=-1)
            belief, _ = cell(inp, [belief])
            p_mean = prior(belief)
            q_mean = post(tf.concat([belief, emb], axis=-1))
            state = q_mean + 0.1 * n
            rows.append((belief, state, p_mean, q_mean))
        beliefs, states, p_means, q_means = [tf.stack(r, axis=1) for r in zip(*rows)]
        pred = dec(tf.reshape(tf.concat([beliefs, states], axis=-1), (b * t, h + s)))
        err = tf.square(tf.reshape(pred, (b, t, o)) - batch["obs"])
        kl = 0.5 * tf.square(q_means - p_means)
        return tf.reduce_mean(tf.reduce_sum(err, axis=-1)) + tf.reduce_mean(tf.reduce_sum(kl, axis=-1))

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": arr(b, s), "belief": arr(b, h), "action": arr(b, t, a), "obs": arr(b, t, o),
                      "eps": arr(b, t, s)},
            "variables": cell.trainable_variables + prior.trainable_variables + post.trainable_variables
            + dec.trainable_variables}
