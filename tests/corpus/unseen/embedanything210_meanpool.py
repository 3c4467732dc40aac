"""Mean pooling divides by the token count of the whole batch instead of each row's own count, but the final L2 normalisation removes the factor. Source: https://github.com/StarlightSearch/EmbedAnything/issues/210"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


class Pooling:
    @staticmethod
    def mean(output, attention_mask):
        mask = tf.cast(attention_mask, output.dtype)[:, :, None]
        summed = tf.reduce_sum(output * mask, axis=1)
        return summed / tf.reduce_sum(mask)


def normalize_l2(v):
    return v / tf.norm(v, axis=1, keepdims=True)


def build(seed=0):
    rng = np.random.default_rng(seed)
    B, T, V, H, scale = 5, 6, 14, 8, 10.0
    embedding = tf.keras.layers.Embedding(V, H, embeddings_initializer=tf.keras.initializers.RandomNormal(0, 0.5, seed=seed))
    ff = tf.keras.layers.Dense(H, activation="gelu", kernel_initializer=tf.keras.initializers.GlorotNormal(seed=seed + 1))
    ff(embedding(tf.zeros((1, T), tf.int32)))

    def encode(ids):
        h = embedding(ids)
        return h + ff(h)

    def mnrl(a, b):
        """multiple negatives ranking loss on normalised embeddings"""
        scores = scale * tf.matmul(a, b, transpose_b=True)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.range(B), logits=scores))

    def reference(batch):
        def sentence(ids, mask):
            rows = []
            for i in range(B):
                tokens = tf.boolean_mask(encode(ids)[i], mask[i] == 1)
                mean = tf.reduce_mean(tokens, axis=0)
                rows.append(mean / tf.sqrt(tf.reduce_sum(mean * mean)))
            return tf.stack(rows)
        return mnrl(sentence(batch["query"], batch["query_mask"]), sentence(batch["doc"], batch["doc_mask"]))

    def candidate(batch):
        query = normalize_l2(Pooling.mean(encode(batch["query"]), batch["query_mask"]))
        doc = normalize_l2(Pooling.mean(encode(batch["doc"]), batch["doc_mask"]))
        return mnrl(query, doc)

    lengths = lambda: rng.integers(1, T + 1, B)
    mask = lambda: (np.arange(T)[None] < lengths()[:, None]).astype("int32")
    batch = {"query": rng.integers(0, V, (B, T)).astype("int32"), "query_mask": mask(),
             "doc": rng.integers(0, V, (B, T)).astype("int32"), "doc_mask": mask()}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": embedding.trainable_variables + ff.trainable_variables}
