"""Many runs of one config: which of its open choices matter?

Every point of a small grid is wanted here, over seeds, each as an ordinary
run's folder that the other commands read; Optuna and KerasTuner search for
one best point and keep trials in a store of their own, and scikit-learn's
`ParameterGrid` is `itertools.product`, so none of them is used.
"""
