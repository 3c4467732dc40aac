"""Detector: objectness is passed through a sigmoid when decoding and again inside the cross-entropy.

Source (real): https://github.com/hunglc007/tensorflow-yolov4-tflite/issues/157 (TensorFlow; the reporter reads the code
that way).
Right answer: NOT equivalent; the logits of the loss are confined to (0, 1).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "conf = tf.sigmoid(raw_conf)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, g, ch, anchors = 16, 4, 3, 2
    head = keras.layers.Conv2D(anchors * 5, 1, name="yolo_head", dtype=f)
    head.build((None, g, g, ch))
    head.set_weights([0.8 * rng.standard_normal(p.shape).astype(f) for p in head.get_weights()])
    batch = {
        "feat": rng.standard_normal((n, g, g, ch)).astype(f),
        "obj": (rng.uniform(size=(n, g, g, anchors)) > 0.8).astype(f),
        "xywh": rng.uniform(-1.0, 1.0, (n, g, g, anchors, 4)).astype(f),
    }

    def reference(b):
        m = b["obj"].shape[0]
        total = 0.0
        for i in range(m):
            out = tf.reshape(head(b["feat"][i : i + 1]), [g, g, anchors, 5])
            z, y = out[..., 4], b["obj"][i]
            total += tf.reduce_sum(tf.nn.softplus(z) - y * z)
            total += tf.reduce_sum(tf.square(tf.tanh(out[..., :4]) - b["xywh"][i]) * y[..., None])
        return total / m

    def candidate(b):
        def decode(conv):
            conv = tf.reshape(conv, [-1, g, g, anchors, 5])
            raw_xywh, raw_conf = tf.split(conv, [4, 1], axis=-1)
            conf = tf.sigmoid(raw_conf)
            return tf.concat([tf.tanh(raw_xywh), conf], axis=-1)

        pred = decode(head(b["feat"]))
        respond = b["obj"][..., tf.newaxis]
        box_loss = respond * tf.square(pred[..., :4] - b["xywh"])
        conf_loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=respond, logits=pred[..., 4:])
        per_image = tf.reduce_sum(box_loss, axis=[1, 2, 3, 4]) + tf.reduce_sum(conf_loss, axis=[1, 2, 3, 4])
        return tf.reduce_mean(per_image)

    return {
        "variables": head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
