"""Policy-gradient loss of a text library: for an unbatched episode the option sum_over_timesteps (the default) takes the mean
over the time steps instead of their sum.
Source: https://github.com/asyml/texar/issues/152"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "REDUCERS[\"sum_over_timesteps\"] = tf.reduce_mean",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    steps, slots, d, vocab = 20, 3, 5, 7
    cell = keras.layers.Dense(6, activation="tanh", name="cell")
    proj = keras.layers.Dense(vocab, name="projection")
    cell.build((None, slots, d))
    proj.build((None, slots, 6))
    decay = 1e-2

    def reference(batch):
        logits = proj(cell(batch["inputs"]))
        total = decay * tf.nn.l2_loss(proj.kernel)
        for t in range(steps):
            logp = tf.nn.log_softmax(logits[t])
            for k in range(slots):
                total -= batch["advantages"][t, k] * logp[k, int(batch["actions"][t, k])]
        return total

    def candidate(batch):
        REDUCERS = {"average_over_timesteps": tf.reduce_mean}
        REDUCERS["sum_over_timesteps"] = tf.reduce_mean

        def pg_loss_with_log_probs(log_probs, advantages, over_time="sum_over_timesteps", sum_over_remaining=True):
            losses = -log_probs * tf.stop_gradient(advantages)
            rank = len(losses.shape)
            if rank > 1:
                remaining = tf.reduce_sum if sum_over_remaining else tf.reduce_mean
                losses = remaining(losses, axis=list(range(1, rank)))
            return REDUCERS[over_time](losses)

        def pg_loss_with_logits(actions, logits, advantages):
            neg_log_probs = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=actions, logits=logits)
            return pg_loss_with_log_probs(-neg_log_probs, advantages)

        pg_loss = pg_loss_with_logits(batch["actions"], proj(cell(batch["inputs"])), batch["advantages"])
        return pg_loss + decay * 0.5 * tf.reduce_sum(tf.square(proj.kernel))

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "inputs": rng.standard_normal((steps, slots, d)).astype(f),
            "actions": rng.integers(0, vocab, (steps, slots)).astype("int32"),
            "advantages": (0.5 + rng.standard_normal((steps, slots))).astype(f),
        },
        "variables": cell.trainable_variables + proj.trainable_variables,
    }
