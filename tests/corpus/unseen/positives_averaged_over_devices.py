"""Right: each device divides by the mean number of positives per device, and averaging the gradients restores the global normaliser.
Source: https://github.com/tianzhi0549/FCOS/issues/228"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    num_gpus, locations, d, classes = 4, 8, 5, 3
    features = rng.normal(size=(num_gpus, locations, d)).astype("float32")
    # some devices see many objects, some hardly any
    share = np.array([0.8, 0.2, 0.5, 0.1])
    positive = rng.random((num_gpus, locations)) < share[:, None]
    positive[:, 0] = True
    labels = np.where(positive, rng.integers(1, classes + 1, size=positive.shape), 0).astype("int32")
    ltrb = rng.uniform(0.5, 3.0, size=(num_gpus, locations, 4)).astype("float32")

    w_cls = tf.Variable(rng.normal(size=(d, classes)).astype("float32") * 0.5)
    w_ctr = tf.Variable(rng.normal(size=(d,)).astype("float32") * 0.5)
    w_reg = tf.Variable(rng.normal(size=(d, 4)).astype("float32") * 0.3)

    def centerness_of(boxes):
        lr, tb = tf.gather(boxes, [0, 2], axis=-1), tf.gather(boxes, [1, 3], axis=-1)
        ratio = (tf.reduce_min(lr, -1) / tf.reduce_max(lr, -1)) * (tf.reduce_min(tb, -1) / tf.reduce_max(tb, -1))
        return tf.sqrt(ratio)

    def iou_loss(pred, target):
        p_area = (pred[..., 0] + pred[..., 2]) * (pred[..., 1] + pred[..., 3])
        t_area = (target[..., 0] + target[..., 2]) * (target[..., 1] + target[..., 3])
        low = tf.minimum(pred, target)
        overlap = (low[..., 0] + low[..., 2]) * (low[..., 1] + low[..., 3])
        return -tf.math.log((overlap + 1.0) / (p_area + t_area - overlap + 1.0))

    def sigmoid_focal(logits, labels, gamma=2.0, alpha=0.25):
        hot = tf.one_hot(labels - 1, classes)
        p = tf.sigmoid(logits)
        pt, at = hot * p + (1 - hot) * (1 - p), hot * alpha + (1 - hot) * (1 - alpha)
        return at * (1 - pt) ** gamma * tf.nn.sigmoid_cross_entropy_with_logits(hot, logits)

    def reference(batch):
        # all images on one machine
        x = tf.reshape(batch["features"], (-1, d))
        lab, boxes = tf.reshape(batch["labels"], [-1]), tf.reshape(batch["ltrb"], (-1, 4))
        fg = tf.cast(lab > 0, tf.float32)
        ctr = centerness_of(boxes)
        cls = tf.reduce_sum(sigmoid_focal(x @ w_cls, lab)) / tf.reduce_sum(fg)
        reg = tf.reduce_sum(iou_loss(tf.exp(x @ w_reg), boxes) * ctr * fg) / tf.reduce_sum(ctr * fg)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(ctr, tf.linalg.matvec(x, w_ctr))
        return cls + reg + tf.reduce_sum(bce * fg) / tf.reduce_sum(fg)

    def reduce_sum(values):
        """What torch.distributed.reduce leaves on every worker."""
        return tf.stop_gradient(tf.add_n(values))

    def candidate(batch):
        pos_inds = [tf.where(batch["labels"][r] > 0)[:, 0] for r in range(num_gpus)]
        targets = [tf.gather(batch["ltrb"][r], pos_inds[r]) for r in range(num_gpus)]
        centerness_targets = [centerness_of(t) for t in targets]
        total_num_pos = reduce_sum([tf.cast(tf.size(p), tf.float32) for p in pos_inds])
        num_pos_avg_per_gpu = tf.maximum(total_num_pos / num_gpus, 1.0)
        sum_centerness_avg = reduce_sum([tf.reduce_sum(t) for t in centerness_targets]) / num_gpus

        worker_losses = []
        for r in range(num_gpus):
            x = batch["features"][r]
            cls_loss = tf.reduce_sum(sigmoid_focal(tf.matmul(x, w_cls), batch["labels"][r])) / num_pos_avg_per_gpu
            x_pos = tf.gather(x, pos_inds[r])
            iou = iou_loss(tf.exp(tf.matmul(x_pos, w_reg)), targets[r])
            reg_loss = tf.reduce_sum(iou * centerness_targets[r]) / sum_centerness_avg
            ctr_logits = tf.reduce_sum(x_pos * w_ctr, axis=-1)
            ctr_loss = tf.nn.sigmoid_cross_entropy_with_logits(centerness_targets[r], ctr_logits)
            worker_losses.append(cls_loss + reg_loss + tf.reduce_sum(ctr_loss) / num_pos_avg_per_gpu)
        # DistributedDataParallel averages over the workers
        return tf.reduce_mean(tf.stack(worker_losses))

    return {"reference": reference, "candidate": candidate,
            "batch": {"features": features, "labels": labels, "ltrb": ltrb}, "variables": [w_cls, w_ctr, w_reg]}
