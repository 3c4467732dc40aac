"""The ESMM trainer sums loss_list[1:], although the list holds only the CTR and CTCVR losses.
Source: https://github.com/datawhalechina/torch-rechub/pull/57"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "return tf.add_n(loss_list[1:])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, vocab, k, dense = 8, 6, 4, 3
    emb = tf.Variable((0.6 * rng.normal(size=(vocab, k))).astype(fx), name="shared_embedding")
    ctr_tower = keras.layers.Dense(1, name="ctr")
    cvr_tower = keras.layers.Dense(1, name="cvr")
    ctr_tower.build((None, k + dense))
    cvr_tower.build((None, k + dense))

    def bce(y, p):
        return -tf.reduce_mean(y * tf.math.log(p + 1e-7) + (1 - y) * tf.math.log(1 - p + 1e-7))

    def reference(batch):
        pooled = (tf.gather(emb, batch["user"]) + tf.gather(emb, batch["item"])) / 2
        h = tf.concat([pooled, batch["dense"]], axis=1)
        click = tf.nn.sigmoid(ctr_tower(h))[:, 0]
        buy_given_click = tf.nn.sigmoid(cvr_tower(h))[:, 0]
        return bce(batch["click"], click) + bce(batch["click"] * batch["buy"], click * buy_given_click)

    def candidate(batch):
        def forward():
            fields = tf.stack([tf.gather(emb, batch["user"]), tf.gather(emb, batch["item"])], axis=1)
            x = tf.concat([tf.reduce_mean(fields, axis=1), batch["dense"]], axis=-1)
            ctr_pred = tf.nn.sigmoid(ctr_tower(x))
            ctcvr_pred = ctr_pred * tf.nn.sigmoid(cvr_tower(x))
            return tf.concat([ctr_pred, ctcvr_pred], axis=1)

        def total_loss(y_preds, ys):
            loss_list = [bce(ys[:, i], y_preds[:, i]) for i in range(y_preds.shape[1])]
            return tf.add_n(loss_list[1:])

        ys = tf.stack([batch["click"], batch["click"] * batch["buy"]], axis=1)
        return total_loss(forward(), ys)

    return {"reference": reference, "candidate": candidate,
            "batch": {"user": rng.integers(0, vocab, n).astype("int32"), "item": rng.integers(0, vocab, n).astype("int32"),
                      "dense": rng.normal(size=(n, dense)).astype(fx),
                      "click": (np.arange(n) % 2).astype(fx), "buy": (np.arange(n) % 4 == 1).astype(fx)},
            "variables": [emb] + ctr_tower.trainable_variables + cvr_tower.trainable_variables}
