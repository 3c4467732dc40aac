"""CoCa: the Extractor wrapper around the image encoder hands out detached embeddings; the image encoder is never trained.

Source (real): https://github.com/lucidrains/CoCa-pytorch/issues/6 (PyTorch, ported; fault in vit-pytorch's Extractor).
Right answer: NOT equivalent; same loss value, no gradient for the image encoder.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "self.latents = tf.stop_gradient(output)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, patches, pd, dim, vocab = 14, 3, 5, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    patch_w = tf.Variable(0.6 * arr(pd, dim), name="img_encoder")
    tok = tf.Variable(0.8 * arr(vocab, dim), name="token_emb")
    to_logits = tf.Variable(0.8 * arr(dim, vocab), name="to_logits")
    temperature = tf.Variable(np.asarray(1.0, f), name="temperature")
    batch = {"images": arr(n, patches, pd), "text": rng.integers(0, vocab, (n, 2)), "next": rng.integers(0, vocab, n)}

    def reference(b):
        m = b["images"].shape[0]
        img, txt, caption = [], [], 0.0
        for i in range(m):
            embeds = tf.tanh(b["images"][i] @ patch_w)
            img.append(tf.reduce_mean(embeds, axis=0))
            txt.append(tf.reduce_mean(tf.gather(tok, b["text"][i]), axis=0))
            logits = tf.linalg.matvec(to_logits, img[-1] + txt[-1], transpose_a=True)
            caption += tf.reduce_logsumexp(logits) - logits[int(b["next"][i])]
        sim = tf.matmul(tf.stack(txt), tf.stack(img), transpose_b=True) * tf.exp(temperature)
        diag = tf.linalg.diag_part(sim)
        clip = tf.reduce_mean(tf.reduce_logsumexp(sim, 1) + tf.reduce_logsumexp(sim, 0) - 2 * diag) / 2
        return caption / m + clip

    def candidate(b):
        class Extractor:
            def __init__(self, vit):
                self.vit, self.latents = vit, None

            def hook(self, output):
                self.latents = tf.stop_gradient(output)

            def __call__(self, img):
                self.hook(self.vit(img))
                return self.latents

        img_encoder = Extractor(lambda img: tf.tanh(tf.einsum("bpi,id->bpd", img, patch_w)))
        image_tokens = img_encoder(b["images"])
        image_embeds = tf.reduce_mean(image_tokens, axis=1)
        text_embeds = tf.reduce_mean(tf.nn.embedding_lookup(tok, b["text"]), axis=1)
        logits = tf.matmul(image_embeds + text_embeds, to_logits)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits
        caption_loss = tf.reduce_mean(ce(labels=b["next"], logits=logits))
        sim = tf.einsum("id,jd->ij", text_embeds, image_embeds) * tf.exp(temperature)
        contrastive_labels = tf.range(tf.shape(sim)[0])
        contrastive_loss = (tf.reduce_mean(ce(labels=contrastive_labels, logits=sim))
                            + tf.reduce_mean(ce(labels=contrastive_labels, logits=tf.transpose(sim)))) * 0.5
        return caption_loss + contrastive_loss

    return {"variables": [patch_w, tok, to_logits, temperature], "batch": batch,
            "reference": reference, "candidate": candidate}
