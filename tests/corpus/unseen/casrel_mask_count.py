"""CasRel: the object losses have one value per token and relation, but the sum is divided by the number of tokens only,
as the (batch, tokens, 1) mask was never repeated over the relations.
Source: https://github.com/longlongman/CasRel-pytorch-reimplement/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "los = tf.reduce_sum(los * mask) / tf.reduce_sum(mask)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, tokens, dim, rels = 14, 7, 5, 4
    w_sub = tf.Variable((0.5 * rng.standard_normal((dim, 1))).astype(f), name="w_sub")
    w_obj = tf.Variable((0.5 * rng.standard_normal((dim, rels))).astype(f), name="w_obj")
    proj = tf.Variable((np.eye(dim) + 0.2 * rng.standard_normal((dim, dim))).astype(f), name="proj")
    batch = {
        "text": rng.standard_normal((n, tokens, dim)).astype(f),
        "length": rng.integers(3, tokens + 1, n).astype("int32"),
        "sub": (rng.uniform(size=(n, tokens)) < 0.3).astype(f),
        "obj": (rng.uniform(size=(n, tokens, rels)) < 0.3).astype(f),
    }

    def reference(batch):
        real = tf.sequence_mask(batch["length"], tokens)
        h = tf.tanh(batch["text"] @ proj)
        ce = tf.nn.sigmoid_cross_entropy_with_logits
        sub = ce(batch["sub"], tf.squeeze(h @ w_sub, -1))
        obj = ce(batch["obj"], h @ w_obj)
        return tf.reduce_mean(tf.boolean_mask(sub, real)) + tf.reduce_mean(tf.boolean_mask(obj, real))

    def candidate(batch):
        class Framework:
            def loss(self, gold, pred, mask):
                pred = tf.squeeze(pred, -1) if pred.shape[-1] == 1 else pred
                los = -(gold * tf.math.log(pred) + (1.0 - gold) * tf.math.log(1.0 - pred))
                if los.shape != mask.shape:
                    mask = tf.expand_dims(mask, -1)
                los = tf.reduce_sum(los * mask) / tf.reduce_sum(mask)
                return los

            def step(self, data):
                mask = tf.cast(tf.range(tokens)[None, :] < data["length"][:, None], f)
                encoded = tf.tanh(tf.einsum("bld,de->ble", data["text"], proj))
                pred_sub = tf.sigmoid(tf.einsum("bld,do->blo", encoded, w_sub))
                pred_obj = tf.sigmoid(tf.einsum("bld,dr->blr", encoded, w_obj))
                sub_loss = self.loss(data["sub"], pred_sub, mask)
                obj_loss = self.loss(data["obj"], pred_obj, mask)
                return sub_loss + obj_loss

        return Framework().step(batch)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_sub, w_obj, proj]}
