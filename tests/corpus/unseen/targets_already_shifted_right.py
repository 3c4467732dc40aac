"""EasyContext computes the cross-entropy without shifting the logits; suspected as an off-by-one, but the targets are
shifted when they are prepared.
Source: https://github.com/jzhang38/EasyContext/issues/39"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def prepare_seq_parallel_inputs(input_ids, world=2):
    """target_ids are the following tokens; chunks for each rank"""
    inputs, target_ids = input_ids[:, :-1], input_ids[:, 1:]
    return list(zip(tf.split(inputs, world, axis=1), tf.split(target_ids, world, axis=1)))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    vocab, n, s = 7, 12, 9
    emb = keras.layers.Embedding(vocab, 4, name="tok")
    emb.build((None, None))
    head = tf.Variable(rng.standard_normal((4, vocab)).astype(f), name="lm_head")

    def reference(batch):
        ids = batch["ids"]
        logits = tf.tanh(emb(ids)) @ head
        shift_logits, shift_labels = logits[:, :-1], ids[:, 1:]
        logp = tf.nn.log_softmax(tf.reshape(shift_logits, (-1, vocab)))
        hot = tf.one_hot(tf.reshape(shift_labels, (-1,)), vocab, dtype=f)
        return -tf.reduce_sum(hot * logp) / (n * (s - 1))

    def candidate(batch):
        loss = 0.0
        chunks = prepare_seq_parallel_inputs(batch["ids"])
        for local_input_ids, local_target_ids in chunks:
            logits = tf.matmul(tf.tanh(emb(local_input_ids)), head)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=local_target_ids, logits=logits)
            loss += tf.reduce_mean(ce)
        return loss / len(chunks)

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, vocab, (n, s)).astype("int32")},
            "variables": list(emb.trainable_variables) + [head]}
