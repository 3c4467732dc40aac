"""DANN: the schedule's constant comes out negative while the gradient reversal layer negates once more, so the feature extractor learns to help the domain classifier. Source: https://github.com/CuthbertCai/pytorch_DANN/issues/10"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "constant = 2.0 / (1.0 + np.exp(10.0 * p)) - 1.0",
    "same_forward_value": True,
}


def grad_reverse(x, constant):
    @tf.custom_gradient
    def reverse(inputs):
        def grad(dy):
            return -dy * constant
        return tf.identity(inputs), grad
    return reverse(x)


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, d, feat, classes = 6, 5, 8, 3
    theta = 1.0
    extractor = tf.keras.Sequential([tf.keras.layers.Input((d,)), tf.keras.layers.Dense(feat, activation="relu"), tf.keras.layers.Dense(feat, activation="tanh")])
    class_classifier = tf.keras.Sequential([tf.keras.layers.Input((feat,)), tf.keras.layers.Dense(classes)])
    domain_classifier = tf.keras.Sequential([tf.keras.layers.Input((feat,)), tf.keras.layers.Dense(6, activation="relu"), tf.keras.layers.Dense(2)])
    cce = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    source_labels, target_labels = np.zeros(n, np.int32), np.ones(n, np.int32)

    def progress(batch):
        return float(batch["step"]) / 100.0

    def reference(batch):
        lam = 2.0 / (1.0 + np.exp(-10.0 * progress(batch))) - 1.0
        fs, ft = extractor(batch["source"]), extractor(batch["target"])
        class_loss = cce(batch["labels"], class_classifier(fs))
        def domain(f, labels):
            f = tf.stop_gradient((1.0 + lam) * f) - lam * f
            return cce(labels, domain_classifier(f))
        return class_loss + theta * (domain(fs, source_labels) + domain(ft, target_labels))

    def candidate(batch):
        p = progress(batch)
        constant = 2.0 / (1.0 + np.exp(10.0 * p)) - 1.0
        src_feature = extractor(batch["source"])
        tgt_feature = extractor(batch["target"])
        class_loss = cce(batch["labels"], class_classifier(src_feature))
        src_preds = domain_classifier(grad_reverse(src_feature, np.float32(constant)))
        tgt_preds = domain_classifier(grad_reverse(tgt_feature, np.float32(constant)))
        domain_loss = cce(source_labels, src_preds) + cce(target_labels, tgt_preds)
        return class_loss + theta * domain_loss

    batch = {
        "source": rng.normal(size=(n, d)).astype(np.float32),
        "target": rng.normal(loc=0.6, size=(n, d)).astype(np.float32),
        "labels": rng.integers(0, classes, size=n).astype(np.int32),
        "step": np.array(20, np.int32),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": extractor.trainable_variables + class_classifier.trainable_variables + domain_classifier.trainable_variables}
