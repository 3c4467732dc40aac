"""Encoder-decoder for formulas: the decoder input is the target shifted right, and then the causal LM loss shifts the
labels once more, so the model is trained against labels[1:] instead of labels.
Source: https://github.com/huggingface/transformers/issues/46901"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "loss = self.loss_function(logits, labels)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, vocab, dim, image = 12, 6, 9, 5, 7
    emb = tf.Variable(rng.normal(size=(vocab, dim)).astype(f), name="emb")
    vision = tf.Variable(rng.normal(size=(image, dim)).astype(f) * 0.5, name="vision")
    head = tf.Variable(rng.normal(size=(dim, vocab)).astype(f), name="head")
    batch = {
        "labels": rng.integers(1, vocab, size=(n, steps)).astype("int32"),
        "pixels": rng.normal(size=(n, image)).astype(f),
    }

    def decode(decoder_ids, pixels):
        tokens = tf.gather(emb, decoder_ids)
        count = tf.cast(tf.range(1, steps + 1), f)[None, :, None]
        past = tf.cumsum(tokens, axis=1) / count
        return tf.einsum("ntd,dv->ntv", tf.tanh(past + tokens + tf.matmul(pixels, vision)[:, None]), head)

    def reference(batch):
        start = tf.zeros((n, 1), tf.int32)
        logits = decode(tf.concat([start, batch["labels"][:, :-1]], axis=1), batch["pixels"])
        ce = keras.losses.sparse_categorical_crossentropy(batch["labels"], logits, from_logits=True)
        return tf.reduce_mean(ce)

    def candidate(batch):
        def shift_tokens_right(input_ids, start_id):
            shifted = tf.roll(input_ids, shift=1, axis=1)
            first = tf.range(steps)[None, :] == 0
            return tf.where(first, start_id, shifted)

        class PPFormulaNet:
            def loss_function(self, logits, labels):
                shift_logits = logits[..., :-1, :]
                shift_labels = labels[..., 1:]
                flat = tf.reshape(shift_logits, [-1, vocab])
                nll = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.reshape(shift_labels, [-1]), flat)
                return tf.reduce_mean(nll)

            def forward(self, pixel_values, labels):
                decoder_input_ids = shift_tokens_right(labels, 0)
                logits = decode(decoder_input_ids, pixel_values)
                loss = self.loss_function(logits, labels)
                return loss

        return PPFormulaNet().forward(batch["pixels"], batch["labels"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, vision, head]}
