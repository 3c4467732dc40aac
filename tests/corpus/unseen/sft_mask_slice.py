"""SFT trainer: logits are shifted against the labels but the loss mask is cut at the wrong
end, so it sits one token off.
Source: https://github.com/verl-project/verl/pull/3287"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'shift_mask = tf.reshape(batch["loss_mask"][:, :-1], [-1])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, length, vocab, dim = 3, 7, 6, 4
    emb = tf.Variable((rng.standard_normal((vocab, dim)) * 0.8).astype(fx), name="emb")
    head = tf.Variable((rng.standard_normal((dim, vocab)) * 0.8).astype(fx), name="head")
    prompt, total = np.array([2, 3, 4]), np.array([6, 7, 5])
    pos = np.arange(length)[None]
    loss_mask = ((pos >= prompt[:, None]) & (pos < total[:, None])).astype(fx)

    def reference(batch):
        numer = tf.zeros((), fx)
        for i in range(bsz):
            for t in range(1, length):
                h = tf.tanh(emb[:][batch["ids"][i, t - 1]])
                logp = tf.nn.log_softmax(tf.linalg.matvec(head, h, transpose_a=True))
                numer -= batch["loss_mask"][i, t] * logp[batch["ids"][i, t]]
        return numer / tf.reduce_sum(batch["loss_mask"][:, 1:])

    def candidate(batch):
        hidden = tf.tanh(tf.gather(emb, batch["ids"]))
        logits = tf.einsum("btd,dv->btv", hidden, head)
        shift_logits = tf.reshape(logits[:, :-1], [-1, vocab])
        shift_labels = tf.reshape(batch["ids"][:, 1:], [-1])
        shift_mask = tf.reshape(batch["loss_mask"][:, :-1], [-1])
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=shift_labels, logits=shift_logits)
        valid = tf.reduce_sum(shift_mask)
        return tf.reduce_sum(loss * shift_mask) / valid

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, vocab, (bsz, length)).astype("int32"), "loss_mask": loss_mask},
            "variables": [emb, head]}
