"""TransfoXLLMHead computes the NLL of the outputs against the unshifted labels although callers pass labels = input_ids.
Source: https://github.com/huggingface/transformers/issues/3711"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "hidden, target = pred_hid, batch[\"labels\"]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, v, d = 4, 6, 8, 5
    word = tf.Variable(rng.normal(size=(v, d)).astype(fx), name="word_emb")
    gate = tf.Variable(rng.normal(size=(d, d)).astype(fx), name="gate")
    bias = tf.Variable(rng.normal(size=(v,)).astype(fx), name="out_bias")

    def transformer(ids):
        x = tf.gather(word, ids)
        h, out = tf.zeros((b, d), x.dtype), []
        for i in range(t):
            h = tf.tanh(h @ gate + x[:, i])
            out.append(h)
        return tf.stack(out, axis=1)

    def reference(batch):
        hid = transformer(batch["input_ids"])
        loss, count = 0.0, 0
        for i in range(t - 1):
            logits = tf.matmul(hid[:, i], word, transpose_b=True) + bias
            loss += tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=batch["labels"][:, i + 1], logits=logits))
            count += b
        return loss / count

    def candidate(batch):
        pred_hid = transformer(batch["input_ids"])
        hidden, target = pred_hid, batch["labels"]
        hidden = tf.reshape(hidden, (-1, d))
        target = tf.reshape(target, (-1,))
        logit = tf.matmul(hidden, word, transpose_b=True) + bias
        logprob = tf.nn.log_softmax(logit, axis=-1)
        nll = -tf.gather(logprob, target, axis=1, batch_dims=1)
        return tf.reduce_mean(nll)

    ids = rng.integers(0, v, (b, t)).astype("int32")
    return {"reference": reference, "candidate": candidate,
            "batch": {"input_ids": ids, "labels": ids.copy()}, "variables": [word, gate, bias]}
