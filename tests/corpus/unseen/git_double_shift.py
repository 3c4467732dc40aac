"""GitForCausalLM shifts the labels, flattens them, and hands them to a loss function that shifts again: position t learns token
t+2, and a row's last target comes from the next row. Source: https://github.com/huggingface/transformers/issues/47394"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "loss = for_causal_lm_loss(flat_logits, flat_labels, vocab_size=vocab)",
    "same_forward_value": False,
}


def for_causal_lm_loss(logits, labels, vocab_size, ignore_index=-100, shift_labels=None):
    if shift_labels is None:
        # shift so that tokens < n predict n
        paddings = [[0, 0]] * (len(labels.shape) - 1) + [[0, 1]]
        labels = tf.pad(labels, paddings, constant_values=ignore_index)
        shift_labels = labels[..., 1:]
    logits = tf.reshape(logits, (-1, vocab_size))
    shift_labels = tf.reshape(shift_labels, (-1,))
    keep = tf.cast(shift_labels != ignore_index, tf.float32)
    safe = tf.where(shift_labels == ignore_index, 0, shift_labels)
    ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=logits)
    return tf.reduce_sum(ce * keep) / tf.reduce_sum(keep)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, t, vocab, dim, num_image_tokens = 4, 6, 9, 8, 3
    ids = rng.integers(1, vocab, size=(n, t)).astype("int32")
    labels = ids.copy()
    labels[1, 4:] = -100
    labels[3, 5:] = -100
    pixels = rng.normal(size=(n, num_image_tokens, 5)).astype("float32")

    tok = keras.layers.Embedding(vocab, dim)
    vis = keras.layers.Dense(dim)
    q, k, v = keras.layers.Dense(dim, use_bias=False), keras.layers.Dense(dim, use_bias=False), keras.layers.Dense(dim)
    norm, head = keras.layers.LayerNormalization(), keras.layers.Dense(vocab)
    layers = [tok, vis, q, k, v, norm, head]

    def lm(batch):
        h = tf.concat([vis(batch["pixels"]), tok(batch["ids"])], axis=1)
        length = h.shape[1]
        pos = tf.sin(tf.range(length, dtype=tf.float32)[:, None] / (1.0 + tf.range(dim, dtype=tf.float32)))
        h = h + pos
        causal = tf.linalg.band_part(tf.ones((length, length)), -1, 0)
        att = tf.matmul(q(h), k(h), transpose_b=True) / dim ** 0.5 - 1e9 * (1 - causal)
        return head(norm(h + tf.matmul(tf.nn.softmax(att), v(h))))

    lm({"pixels": tf.constant(pixels), "ids": tf.constant(ids)})

    def reference(batch):
        text_logits = lm(batch)[:, num_image_tokens:, :]
        next_tokens = tf.concat([batch["labels"][:, 1:], tf.fill((n, 1), -100)], axis=1)
        return for_causal_lm_loss(text_logits, None, vocab_size=vocab, shift_labels=next_tokens)

    def candidate(batch):
        logits = lm(batch)
        # we are doing next-token prediction; shift prediction scores and input ids by one
        shifted_logits = logits[:, num_image_tokens:-1, :]
        shifted = batch["labels"][:, 1:]
        flat_logits = tf.reshape(shifted_logits, (-1, vocab))
        flat_labels = tf.reshape(shifted, (-1,))
        loss = for_causal_lm_loss(flat_logits, flat_labels, vocab_size=vocab)
        return loss

    variables = [w for layer in layers for w in layer.trainable_variables]
    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": ids, "labels": labels, "pixels": pixels}, "variables": variables}
