"""BertAdam clips the gradient of every parameter to norm 1 on its own where the original clips the global norm of all of them.
Source: https://github.com/huggingface/transformers/issues/581"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'norm = tf.sqrt(tf.reduce_sum(tf.square(dy)))',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    max_grad_norm = 1.0
    tokens = rng.integers(0, 20, size=(8, 6)).astype("int32")
    label = rng.integers(0, 3, size=(8,)).astype("int32")

    embedding = tf.Variable(rng.normal(size=(20, 7)).astype("float32"))
    w1 = tf.Variable(rng.normal(size=(7, 9)).astype("float32") * 1.5)
    b1 = tf.Variable(np.zeros(9, "float32"))
    w2 = tf.Variable(rng.normal(size=(9, 3)).astype("float32") * 2.0)
    b2 = tf.Variable(np.zeros(3, "float32"))
    parameters = [embedding, w1, b1, w2, b2]

    def network(values, ids):
        emb, k1, c1, k2, c2 = values
        pooled = tf.reduce_mean(tf.one_hot(ids, 20) @ emb, axis=1)
        return tf.tanh(pooled @ k1 + c1) @ k2 + c2

    @tf.custom_gradient
    def clip_all(*values):
        def grad(*upstream):
            total = tf.sqrt(tf.add_n([tf.reduce_sum(g * g) for g in upstream]))
            factor = max_grad_norm / tf.maximum(total, max_grad_norm)
            return [g * factor for g in upstream]
        return [tf.identity(v) for v in values], grad

    def reference(batch):
        values = clip_all(*[tf.convert_to_tensor(p) for p in parameters])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], network(values, batch["tokens"]))
        return tf.reduce_mean(nll)

    @tf.custom_gradient
    def with_clipped_grad(param):
        def grad(dy):
            norm = tf.sqrt(tf.reduce_sum(tf.square(dy)))
            clip_coef = max_grad_norm / (norm + 1e-6)
            return tf.where(clip_coef < 1.0, dy * clip_coef, dy)
        return tf.identity(param), grad

    def candidate(batch):
        params = [with_clipped_grad(p) for p in parameters]
        logits = network(params, batch["tokens"])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return loss(batch["label"], logits)

    return {"reference": reference, "candidate": candidate, "batch": {"tokens": tokens, "label": label},
            "variables": parameters}
