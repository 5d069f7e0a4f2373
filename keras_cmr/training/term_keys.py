"""Which keys of a config the mutual-information terms read.

A sweep asks this, lest it repeat a run for a key that nothing reads, and asks
it before Keras is imported.
"""

# How the keys of a term begin.
PREFIXES = {
    "TextImageMI": "text",
    "FusionImageMI": "fusion",
    "PriorMatching": "prior",
}
ESTIMATED = ("weight", "estimator", "mask_negatives")
READ = {
    "TextImageMI": (
        *ESTIMATED,
        "text_weight",
        "image",
        "text_discriminator",
    ),
    "FusionImageMI": (
        *ESTIMATED,
        "fusion_weight",
        "level",
        "scope",
        "fusion_discriminator",
    ),
    "PriorMatching": ("weight", "prior_weight", "prior_on"),
}
READ_BY_DISCRIMINATOR = {
    "EncodeAndDotDiscriminator": ("discriminator_units",),
    "ConcatDiscriminator": ("discriminator_units", "discriminator_layers"),
    "LocalConcatDiscriminator": (
        "discriminator_units",
        "discriminator_layers",
        "num_negatives",
    ),
}
TERM_KEYS = frozenset(
    sum((*READ.values(), *READ_BY_DISCRIMINATOR.values()), ())
)


def unread_keys(config):
    """Keys about terms that no term of a config reads, as a set."""
    read = set()
    for name in config.mutual_information:
        read.update(READ.get(name, TERM_KEYS))
    own = [f"{PREFIXES.get(n)}_weight" for n in config.mutual_information]
    if all(getattr(config, key, None) is not None for key in own):
        read.discard("weight")
    for key in ("text_discriminator", "fusion_discriminator"):
        if key in read:
            read.update(
                READ_BY_DISCRIMINATOR.get(getattr(config, key), TERM_KEYS)
            )
    return TERM_KEYS - read
