"""A config reaches every argument of a term, and knows what is not read."""

import dataclasses

import pytest

from keras_cmr import layers
from keras_cmr.config import Config
from keras_cmr.training.term_keys import TERM_KEYS
from keras_cmr.training.term_keys import unread_keys
from keras_cmr.training.terms import term

BOTH = ("TextImageMI", "FusionImageMI")


def test_every_choice_of_the_text_term():
    made = term(
        Config(
            weight=0.3,
            estimator="dv",
            image="both",
            text_discriminator="ConcatDiscriminator",
            discriminator_units=8,
            discriminator_layers=3,
            mask_negatives=False,
        ),
        "TextImageMI",
    )
    assert isinstance(made, layers.TextImageMI)
    assert (made.weight, made.image, made.mask_negatives) == (
        0.3,
        "both",
        False,
    )
    assert type(made.estimator).__name__ == "DonskerVaradhanMI"
    assert type(made.discriminator) is layers.ConcatDiscriminator
    assert (made.discriminator.units, made.discriminator.num_layers) == (8, 3)


def test_every_choice_of_the_fusion_term():
    made = term(
        Config(
            weight=0.3,
            fusion_weight=0.0,
            level="P2+P3",
            fusion_discriminator="LocalConcatDiscriminator",
            num_negatives=4,
        ),
        "FusionImageMI",
    )
    assert (made.weight, made.level) == (0.0, ["P2", "P3"])
    assert [d.num_negatives for d in made.discriminators] == [4, 4]
    pooled = term(Config(scope="global"), "FusionImageMI")
    assert (pooled.scope, pooled.level, pooled.mask_negatives) == (
        "global",
        "P3",
        True,
    )


def test_prior_matching_has_its_own_weight():
    made = term(Config(prior_weight=0.5, prior_on="query+text"), BOTH[0])
    assert made.weight == 0.1
    made = term(
        Config(prior_weight=0.5, prior_on="query+text"), "PriorMatching"
    )
    assert (made.weight, made.on) == (0.5, ["query", "text"])


@pytest.mark.parametrize(
    ("values", "name", "message"),
    [
        ({}, "TIRG", "must hold names of.*Received: 'TIRG'"),
        ({"text_discriminator": "TIRG"}, BOTH[0], "`text_discriminator` must"),
        (
            {"fusion_discriminator": "Concat"},
            BOTH[1],
            "`fusion_discriminator` must be one of ConcatDiscriminator, Enc",
        ),
        (
            {"fusion_discriminator": "ConcatDiscriminator"},
            BOTH[1],
            "must be one that scores places of a map.*scope='local'",
        ),
        (
            {
                "fusion_discriminator": "LocalConcatDiscriminator",
                "scope": "global",
            },
            BOTH[1],
            "must be one that scores whole images.*scope='global'",
        ),
        (
            {"text_discriminator": "LocalConcatDiscriminator"},
            BOTH[0],
            "`text_discriminator` must be one that scores whole images",
        ),
    ],
)
def test_bad_names(values, name, message):
    with pytest.raises(ValueError, match=message):
        term(Config(**values), name)


@pytest.mark.parametrize(
    "name", ["discriminator_units", "discriminator_layers", "num_negatives"]
)
def test_counts_are_positive(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1"):
        Config(**{name: 0})


def test_unread_keys():
    assert unread_keys(Config()) == TERM_KEYS
    text = unread_keys(Config(mutual_information=BOTH[:1]))
    assert {"level", "fusion_weight", "num_negatives"} <= text
    assert not {"weight", "image", "discriminator_units"} & text
    assert (
        unread_keys(
            Config(
                mutual_information=(*BOTH, "PriorMatching"),
                fusion_discriminator="LocalConcatDiscriminator",
            )
        )
        == frozenset()
    )
    # Where each term has its own, the common one says nothing.
    own = Config(mutual_information=BOTH[:1], weight=1, text_weight=0.5)
    assert "weight" in unread_keys(own)
    both = dataclasses.replace(own, mutual_information=BOTH)
    assert "weight" not in unread_keys(both)


def test_a_key_is_called_unread_only_if_no_term_changes_with_it():
    """By what the terms are made of, whatever the table says."""
    other = {
        "weight": 0.7,
        "text_weight": 0.7,
        "fusion_weight": 0.7,
        "prior_weight": 0.7,
        "estimator": "dv",
        "image": "both",
        "level": "P2",
        "scope": "global",
        "text_discriminator": "ConcatDiscriminator",
        "fusion_discriminator": "ConcatDiscriminator",
        "discriminator_units": 8,
        "discriminator_layers": 3,
        "num_negatives": 3,
        "mask_negatives": False,
        "prior_on": "query",
    }
    assert other.keys() == TERM_KEYS
    for name in (*BOTH, "PriorMatching"):
        for discriminator in (
            "EncodeAndDotDiscriminator",
            "ConcatDiscriminator",
            "LocalConcatDiscriminator",
        ):
            config = Config(
                mutual_information=(name,),
                text_discriminator=discriminator,
                fusion_discriminator=discriminator,
            )
            if isinstance(_content(config, name), str):
                continue  # a discriminator that does not fit the term
            for key in TERM_KEYS:
                if getattr(config, key) == other[key]:
                    continue
                changed = dataclasses.replace(config, **{key: other[key]})
                same = _content(config, name) == _content(changed, name)
                assert same == (key in unread_keys(config)), (name, key)


def _content(config, name):
    """The term's config without the names that Keras numbers, or why not."""
    try:
        made = term(config, name)
    except ValueError as error:
        return str(error).partition("Received")[0]

    def clean(value):
        if isinstance(value, dict):
            return {k: clean(v) for k, v in value.items() if k != "name"}
        return [clean(v) for v in value] if isinstance(value, list) else value

    return clean(made.get_config())
