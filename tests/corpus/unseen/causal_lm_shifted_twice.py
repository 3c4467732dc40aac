"""amber-train's collate function shifts the labels by one token and the LLaMA model shifts them again when it
computes the loss, so the model is trained to predict the token after the next.
Source: https://github.com/LLM360/amber-train/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'return {"input_ids": token_ids[:, :-1], "labels": token_ids[:, 1:]}',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, T, vocab, dim = 12, 9, 11, 6
    emb = keras.Variable((1.2 * rng.standard_normal((vocab, dim))).astype(f), name="emb")
    head = keras.Variable((1.0 * rng.standard_normal((dim, vocab))).astype(f), name="head")
    batch = {"token_ids": rng.integers(0, vocab, (n, T)).astype("int32")}

    def reference(batch):
        toks, total, state = batch["token_ids"], 0.0, 0.0
        for t in range(T - 1):
            state = 0.5 * state + tf.gather(emb, toks[:, t])
            z = tf.tanh(state) @ head
            total += tf.reduce_sum(tf.reduce_logsumexp(z, axis=1) - tf.gather(z, toks[:, t + 1], batch_dims=1))
        return total / (n * (T - 1))

    def candidate(batch):
        def collate_fn(token_ids):
            return {"input_ids": token_ids[:, :-1], "labels": token_ids[:, 1:]}

        class LlamaForCausalLM:
            def hidden(self, ids):
                x = tf.gather(emb, ids)
                length = ids.shape[1]
                lag = np.subtract.outer(np.arange(length), np.arange(length))
                decay = np.where(lag >= 0, 0.5 ** np.maximum(lag, 0), 0.0).astype(f)
                return tf.tanh(tf.einsum("ts,bsd->btd", decay, x))

            def __call__(self, input_ids, labels=None):
                logits = tf.einsum("btd,dv->btv", self.hidden(input_ids), head)
                shift_logits = logits[:, :-1, :]
                shift_labels = labels[:, 1:]
                ce = keras.losses.sparse_categorical_crossentropy(
                    tf.reshape(shift_labels, [-1]), tf.reshape(shift_logits, [-1, vocab]), from_logits=True)
                return tf.reduce_mean(ce)

        examples = collate_fn(batch["token_ids"])
        return LlamaForCausalLM()(examples["input_ids"], labels=examples["labels"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, head]}
