"""ESMM in torch-rechub gets the ctcvr prediction as the square of the cvr prediction; it must be ctr times cvr.
Source: https://github.com/datawhalechina/torch-rechub/pull/53"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "ctcvr_pred = tf.multiply(cvr_pred, cvr_pred)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, d, h = 7, 5, 4
    emb_user, emb_item = var("emb_user", 4, d), var("emb_item", 6, d)
    towers = {n: [var(f"{n}_w1", 2 * d, h), var(f"{n}_b1", h), var(f"{n}_w2", h, 1)] for n in ("cvr", "ctr")}
    click = rng.integers(0, 2, b)
    buy = click * rng.integers(0, 2, b)

    def reference(batch):
        x = tf.concat([tf.gather(emb_user, batch["user"]), tf.gather(emb_item, batch["item"])], 1)
        p = {}
        for n, (w1, b1, w2) in towers.items():
            p[n] = tf.sigmoid(tf.nn.relu(x @ w1 + b1) @ w2)[:, 0]
        both = p["ctr"] * p["cvr"]
        loss = keras.losses.binary_crossentropy(batch["click"], p["ctr"]) + keras.losses.binary_crossentropy(batch["buy"], both)
        return loss

    def candidate(batch):
        def tower(name, z):
            w1, b1, w2 = towers[name]
            return tf.squeeze(tf.sigmoid(tf.matmul(tf.nn.relu(tf.matmul(z, w1) + b1), w2)), 1)

        def bce(y, p):
            p = tf.clip_by_value(p, 1e-7, 1 - 1e-7)
            return -tf.reduce_mean(y * tf.math.log(p) + (1 - y) * tf.math.log1p(-p))

        input_tower = tf.concat([tf.nn.embedding_lookup(emb_user, batch["user"]), tf.nn.embedding_lookup(emb_item, batch["item"])], axis=-1)
        cvr_pred = tower("cvr", input_tower)
        ctr_pred = tower("ctr", input_tower)
        ctcvr_pred = tf.multiply(cvr_pred, cvr_pred)
        preds = tf.stack([cvr_pred, ctr_pred, ctcvr_pred], axis=1)
        labels = tf.stack([batch["buy"], batch["click"], batch["buy"]], axis=1)
        loss_list = [bce(labels[:, i], preds[:, i]) for i in range(3)]
        return sum(loss_list[1:])

    return {"reference": reference, "candidate": candidate,
            "batch": {"user": rng.integers(0, 4, b).astype("int32"), "item": rng.integers(0, 6, b).astype("int32"),
                      "click": click.astype(fx), "buy": buy.astype(fx)},
            "variables": [emb_user, emb_item] + towers["cvr"] + towers["ctr"]}
