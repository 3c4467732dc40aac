"""DPO: the log probs of policy and reference are subtracted first and gathered afterwards, which looked different from the reference code and is equivalent.
Source: https://github.com/AI-Hypercomputer/maxtext/pull/947"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    pairs, length, dim, vocab, beta = 12, 7, 5, 9, 0.5
    policy, frozen = keras.layers.Dense(vocab), keras.layers.Dense(vocab, trainable=False)
    policy.build((None, length, dim)), frozen.build((None, length, dim))
    batch = {}
    for side in ("chosen", "rejected"):
        lens = rng.integers(3, length + 1, pairs)
        batch[side + "_x"] = rng.standard_normal((pairs, length, dim)).astype(f)
        batch[side + "_ids"] = rng.integers(0, vocab, (pairs, length))
        batch[side + "_mask"] = (np.arange(length)[None] < lens[:, None]).astype(f)

    def reference(b):
        def sequence_logp(net, side):
            labels = b[side + "_ids"][:, 1:]
            logits = net(b[side + "_x"])[:, :-1]
            nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
            return -tf.reduce_sum(nll * b[side + "_mask"][:, 1:], axis=-1)

        pi = sequence_logp(policy, "chosen") - sequence_logp(policy, "rejected")
        ref = sequence_logp(frozen, "chosen") - sequence_logp(frozen, "rejected")
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * (pi - ref)))

    def candidate(b):
        x = tf.concat([b["chosen_x"], b["rejected_x"]], axis=0)
        ids = tf.concat([b["chosen_ids"], b["rejected_ids"]], axis=0)
        segmentation = tf.concat([b["chosen_mask"], b["rejected_mask"]], axis=0)
        log_probs = keras.ops.log_softmax(policy(x), axis=-1)
        ref_log_probs = keras.ops.log_softmax(frozen(x), axis=-1)
        logratios = log_probs - tf.stop_gradient(ref_log_probs)
        logratios = keras.ops.take_along_axis(logratios[..., :-1, :], ids[..., 1:, None], axis=-1)[..., 0]
        logratios = keras.ops.sum(logratios * segmentation[:, 1:], axis=-1)
        chosen, rejected = tf.split(logratios, 2)
        return keras.ops.mean(keras.ops.softplus(beta * (rejected - chosen)))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": policy.trainable_variables}
