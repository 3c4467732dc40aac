"""FERAttention's AttMSELoss: the masked reconstruction is computed, and the next line overrides it by the unmasked one.
Source: https://github.com/pedrodiamel/ferattention/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss_att = tf.reduce_mean((x_org - att) ** 2)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, c = 14, 5, 4, 3
    conv = keras.layers.Conv2D(c, 3, padding="same", activation="tanh", dtype=f, name="att_conv")
    cls = keras.layers.Dense(6, dtype=f, name="cls")
    conv.build((None, h, w, c))
    cls.build((None, c))

    def reference(batch):
        loss = 0.0
        att = conv(batch["image"])
        logits = cls(tf.reduce_mean(att, [1, 2]))
        for i in range(n):
            face = batch["image"][i] * tf.cast(batch["mask"][i] == 1, f)[..., None]
            loss += tf.reduce_sum((face - att[i]) ** 2) / (n * h * w * c)
            loss += tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"][i], logits[i]) / n
        return loss

    def candidate(batch):
        class AttMSELoss(keras.losses.Loss):
            def forward(self, x_org, y_mask, att):
                loss_att = tf.reduce_mean((x_org * tf.expand_dims(y_mask[..., 1], -1) - att) ** 2)
                loss_att = tf.reduce_mean((x_org - att) ** 2)
                return loss_att

        att = conv(batch["image"])
        y_lab = cls(keras.ops.mean(att, axis=(1, 2)))
        y_mask = tf.one_hot(batch["mask"], 2, dtype=f)
        loss_bce = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(batch["label"], y_lab, from_logits=True))
        loss_att = AttMSELoss().forward(batch["image"], y_mask, att)
        return loss_bce + loss_att

    mask = np.zeros((n, h, w), "int32")
    mask[:, 1:4, 1:3] = 1
    batch = {"image": rng.standard_normal((n, h, w, c)).astype(f), "mask": mask, "label": rng.integers(0, 6, n)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": conv.trainable_variables + cls.trainable_variables}
