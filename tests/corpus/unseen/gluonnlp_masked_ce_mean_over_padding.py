"""SoftmaxCEMaskedLoss of gluon-nlp: the cross-entropy is masked by the valid lengths, but the average over the time axis
divides by the padded length, so short sequences weigh less.
Source: https://github.com/dmlc/gluon-nlp/issues/238"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(tf.reshape(loss, (loss.shape[0], -1)), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, d, vocab = 13, 8, 5, 6
    out = tf.Variable(rng.normal(size=(d, vocab)).astype(f) * 0.7, name="decoder_out")
    state = rng.normal(size=(n, steps, d)).astype(f)
    tgt = rng.integers(0, vocab, size=(n, steps)).astype("int32")
    valid = rng.integers(1, steps + 1, size=n).astype("int32")

    def reference(batch):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tgt"], tf.tensordot(batch["state"], out, 1))
        keep = tf.sequence_mask(batch["valid"], steps, dtype=f)
        per_sequence = tf.reduce_sum(ce * keep, axis=1) / tf.reduce_sum(keep, axis=1)
        return tf.reduce_mean(per_sequence)

    def candidate(batch):
        class SoftmaxCELoss:
            def __call__(self, pred, label, sample_weight):
                logp = tf.nn.log_softmax(pred, axis=-1)
                picked = tf.gather(logp, label[..., None], batch_dims=2)
                loss = -picked * sample_weight
                return tf.reduce_mean(tf.reshape(loss, (loss.shape[0], -1)), axis=1)

        class SoftmaxCEMaskedLoss(SoftmaxCELoss):
            def __call__(self, pred, label, valid_length):
                positions = tf.range(pred.shape[1])[None, :, None]
                weight = tf.where(positions < valid_length[:, None, None], 1.0, 0.0)
                return super().__call__(pred, label, tf.cast(weight, f))

        pred = tf.einsum("btd,dv->btv", batch["state"], out)
        return tf.reduce_mean(SoftmaxCEMaskedLoss()(pred, batch["tgt"], batch["valid"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": state, "tgt": tgt, "valid": valid}, "variables": [out]}
