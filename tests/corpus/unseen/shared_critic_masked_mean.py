"""MAPPO example: the masked mean of the shared critic's (batch, agents) loss is n_agents times too large.
Source: https://github.com/ray-project/ray/pull/56309"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(tf.boolean_mask(data, mask)) / num_valid",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, agents, dim, n_act = 6, 3, 4, 3
    obs = rng.normal(size=(n, dim)).astype(fx)
    acts = rng.integers(0, n_act, size=(n,))
    old_logp = np.log(rng.uniform(0.2, 0.6, size=(n,))).astype(fx)
    adv = rng.normal(size=(n,)).astype(fx)
    targets = rng.normal(size=(n, agents)).astype(fx)
    loss_mask = np.array([1, 1, 0, 1, 0, 1], dtype=bool)
    pi = keras.layers.Dense(n_act, name="pi")
    vf = keras.layers.Dense(agents, name="shared_vf")
    pi.build((None, dim))
    vf.build((None, dim))

    def reference(batch):
        keep = tf.where(batch["loss_mask"])[:, 0]
        o = tf.gather(batch["obs"], keep)
        logp = tf.gather(tf.nn.log_softmax(pi(o)), tf.gather(batch["acts"], keep), batch_dims=1)
        ratio = tf.exp(logp - tf.gather(batch["old_logp"], keep))
        a = tf.gather(batch["adv"], keep)
        surrogate = tf.minimum(a * ratio, a * tf.clip_by_value(ratio, 0.7, 1.3))
        vf_err = tf.clip_by_value(tf.square(vf(o) - tf.gather(batch["targets"], keep)), 0.0, 10.0)
        return tf.reduce_mean(-surrogate) + tf.reduce_mean(vf_err)

    def candidate(batch):
        mask = batch["loss_mask"]
        num_valid = tf.reduce_sum(tf.cast(mask, batch["obs"].dtype))

        def possibly_masked_mean(data):
            return tf.reduce_sum(tf.boolean_mask(data, mask)) / num_valid

        curr = tf.nn.log_softmax(pi(batch["obs"]))
        curr_logp = tf.gather(curr, batch["acts"], batch_dims=1)
        logp_ratio = tf.exp(curr_logp - batch["old_logp"])
        surrogate_loss = tf.minimum(
            batch["adv"] * logp_ratio,
            batch["adv"] * tf.clip_by_value(logp_ratio, 1 - 0.3, 1 + 0.3),
        )
        values = vf(batch["obs"])
        vf_loss = tf.square(values - batch["targets"])
        vf_loss_clipped = tf.clip_by_value(vf_loss, 0.0, 10.0)
        mean_vf_loss = possibly_masked_mean(vf_loss_clipped)
        return possibly_masked_mean(-surrogate_loss) + mean_vf_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "acts": acts, "old_logp": old_logp, "adv": adv, "targets": targets,
                      "loss_mask": loss_mask},
            "variables": pi.trainable_variables + vf.trainable_variables}
